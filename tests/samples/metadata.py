# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Metadata by hand, in every container: blocks of EXIF that no program writes, XMP, IPTC."""
import struct

from samples import files, gif, heif, pixels, png, tiff

XMP = b"""<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:t='http://ns.adobe.com/tiff/1.0/' xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:xmpGImg="http://ns.adobe.com/xap/1.0/g/img/"
 t:Orientation="6" t:ImageWidth='64' photoshop:City="Berlin">
<t:ImageLength>48</t:ImageLength><dc:format>image/jpeg</dc:format>
<xmp:Thumbnails><rdf:Alt><rdf:li rdf:parseType="Resource"><xmpGImg:image>c2VjcmV0</xmpGImg:image>
</rdf:li></rdf:Alt></xmp:Thumbnails></rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""
DATASETS = b"\x1c\x02\x69\0\x0aA headline\x1c\x02\x19\0\x03one"
RESOURCES = b"8BIM\x04\x0c\x03abc\0\0\0\x01x\0" + b"8BIM\x04\x04\0\0" + struct.pack(">I", len(DATASETS)) + DATASETS


def block(entries, exif=(), first=8, tail=b""):
    """A little-endian EXIF block of entries (tag, type, count, four bytes) and those of its EXIF directory,
    which follows; then `tail`."""
    def directory(entries):
        return struct.pack("<H", len(entries)) + b"".join(
            struct.pack("<HHI4s", *entry) for entry in sorted(entries)) + bytes(4)
    if exif:
        entries = [*entries, (0x8769, 4, 1, struct.pack("<I", first + 18 + 12 * len(entries)))]
    return b"II*\0" + struct.pack("<I", first) + bytes(first - 8) + directory(entries) + \
        (directory(exif) if exif else b"") + tail


def rich_block():
    """Notes, positions, a thumbnail, sizes; rationals and text elsewhere."""
    tail = struct.pack("<II", 1, 50) + b"a description\0" + bytes(range(50))
    at = 8 + 6 + 12 * 5 + 6 + 12 * 3
    entries = [(0x010E, 2, 14, struct.pack("<I", at + 8)), (0x0112, 3, 1, b"\6\0\0\0"),
               (0x013B, 2, 4, b"Me\0\0"), (0x011A, 5, 1, struct.pack("<I", at))]
    return block(entries, [(0x927C, 7, 50, struct.pack("<I", at + 22)), (0xA002, 3, 1, b"\x40\0\0\0"),
                           (0xA005, 4, 1, b"\x08\0\0\0")], tail=tail)


def containers(exif):
    """A file of each format with that block, XMP, IPTC and a comment, where it has a place for each."""
    image = files.image(16, 12)
    item = heif.coded(heif.smooth(64, 64))
    about = [("cdsc", [1])]
    described = [item, heif.Item("Exif", b"\0\0\0\0" + exif, [], about), heif.Item("mime", XMP, [], about)]
    jpeg = files.with_jpeg_segments(files.encode(image, "JPEG"), (0xE1, b"Exif\0\0" + exif),
                                    (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP),
                                    (0xED, b"Photoshop 3.0\0" + RESOURCES), (0xFE, b"a comment"))
    chunks = png.chunk(b"eXIf", exif) + png.chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP) + \
        png.chunk(b"tEXt", b"Title\0A title")
    comment = b"!\xfe" + gif.sub_blocks(b"a comment" * 40)
    packet = b"!\xff\x0bXMP DataXMP" + XMP + b"\1" + bytes(range(255, -1, -1)) + b"\0"
    animation = gif.screen(16, 12) + comment + packet + gif.frame(0, 0, 6, 5, 1) + b";"
    return [jpeg, png.write(pixels.rgb(16, 12), chunks), files.encode(image, "WEBP", exif=exif, xmp=XMP),
            animation, exif + bytes(10), tiff.write(pixels.rgb(16, 12), tiff.RGB), heif.file(described)]
