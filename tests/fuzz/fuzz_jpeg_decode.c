/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/fuzz/fuzz.h"

/*
 * Our decoder's planes against libjpeg's coefficients. Put through our own inverse DCT, libjpeg's
 * coefficients give the same planes, even where the decoder skips coefficients that it does not
 * need; with eight points they also match the formula (T.81, A.3.3). libjpeg accepts runs beyond a
 * block's end and scans that send the same bits twice, which we refuse; so libjpeg also writes its
 * coefficients to a new file, and we must accept that one. In the input's tail, quality chooses the
 * points, factor the place of the samples, and capacity how the new file is written: progressive
 * (bit 0), with tables of its own (1), restarts (2, 3).
 */
#include "base/status.h"
#include "image/jpeg/decode.h"
#include "image/jpeg/markers.h"
#include "image/probe/format.h"
#include "tests/fuzz/image_input.h"
#include "tests/fuzz/strict_jpeg.h"

#include <math.h>
#include <string.h>

enum {
    DECODED_MAX_PIXELS = 1 << 16,
    COEFFICIENTS_MAX = 1 << 20, /* with subsampling of 4 x 4 and sizes that fill no MCU */
    SCANS_MAX = 20,
};

/* All coefficients of one component, as libjpeg reads them. */
struct component {
    size_t columns, rows;  /* blocks that hold pixels */
    int16_t (*blocks)[64]; /* in natural order */
};

/* Which coefficients have had their first scan. */
struct scans {
    struct jpeg_progress_mgr progress; /* first: libjpeg knows this part */
    int noted;
    bool seen[JPEG_COMPONENTS_MAX][DCTSIZE2];
    bool twice; /* libjpeg accepts it where the first scan sent every bit */
};

struct reference {
    struct component component[JPEG_COMPONENTS_MAX];
    struct scans scans;
    size_t used;
    int16_t memory[COEFFICIENTS_MAX];
};

/* False: no scan holds the component. */
static bool copy_component(struct jpeg_decompress_struct *codec, jvirt_barray_ptr *arrays,
                           int index, struct component *component)
{
    const jpeg_component_info *info = &codec->comp_info[index];

    component->columns = info->width_in_blocks;
    component->rows = info->height_in_blocks;
    if (info->quant_table == NULL || (codec->progressive_mode && codec->coef_bits[index][0] < 0))
        return false;
    for (JDIMENSION row = 0; row < info->height_in_blocks; row++) {
        JBLOCKARRAY blocks =
            codec->mem->access_virt_barray((j_common_ptr)codec, arrays[index], row, 1, FALSE);

        memcpy(component->blocks + row * component->columns, blocks[0],
               component->columns * sizeof(JBLOCK));
    }
    return true;
}

/* libjpeg's progress monitor: called between rows of coefficients, and so at least once in a scan.
 */
static void note_scan(j_common_ptr common)
{
    const struct jpeg_decompress_struct *codec = (const void *)common;
    struct scans *scans = (void *)common->progress;
    const bool whole = !codec->progressive_mode;

    if (scans->noted == codec->input_scan_number)
        return;
    scans->noted = codec->input_scan_number;
    for (int i = 0; i < codec->comps_in_scan && (whole || codec->Ah == 0); i++) {
        bool *seen = scans->seen[codec->cur_comp_info[i]->component_index];

        for (int k = whole ? 0 : codec->Ss; k <= (whole ? DCTSIZE2 - 1 : codec->Se); k++) {
            scans->twice |= seen[k];
            seen[k] = true;
        }
    }
}

static bool read_coefficients(struct jpeg_decompress_struct *codec, void *argument)
{
    struct reference *reference = argument;
    jvirt_barray_ptr *arrays;

    reference->used = 0;
    if (codec->num_components > JPEG_COMPONENTS_MAX)
        return false;
    reference->scans = (struct scans){.progress.progress_monitor = note_scan};
    codec->progress = &reference->scans.progress;
    arrays = jpeg_read_coefficients(codec);
    for (int i = 0; i < codec->num_components; i++) {
        struct component *component = &reference->component[i];
        const jpeg_component_info *info = &codec->comp_info[i];

        component->blocks = (int16_t(*)[64])(void *)(reference->memory + reference->used);
        reference->used += (size_t)info->width_in_blocks * info->height_in_blocks * 64;
        if (reference->used > COEFFICIENTS_MAX || !copy_component(codec, arrays, i, component))
            return false;
    }
    return jpeg_finish_decompress(codec);
}

/* What an image of 8 bits may have; libjpeg writes nonsense for more, without an error. */
static bool is_writable(const struct reference *reference)
{
    for (size_t i = 0; i < reference->used; i++) {
        if (abs(reference->memory[i]) > 1023)
            return false;
    }
    return true;
}

/* A JPEG of the same coefficients. */
struct recoding {
    unsigned flags;
    struct jpeg_compress_struct codec;
    unsigned char *data;
    unsigned long size;
};

static bool rewrite(struct jpeg_decompress_struct *from, void *argument)
{
    struct recoding *recoding = argument;
    struct jpeg_compress_struct *to = &recoding->codec;
    jvirt_barray_ptr *arrays = jpeg_read_coefficients(from);

    to->err = from->err;
    to->client_data = from->client_data;
    jpeg_create_compress(to);
    jpeg_mem_dest(to, &recoding->data, &recoding->size);
    jpeg_copy_critical_parameters(from, to);
    if (recoding->flags & 1)
        jpeg_simple_progression(to);
    to->optimize_coding = recoding->flags & 2 ? TRUE : FALSE;
    to->restart_interval = recoding->flags >> 2 & 3;
    jpeg_write_coefficients(to, arrays);
    jpeg_finish_compress(to);
    return jpeg_finish_decompress(from);
}

/* --- planes -------------------------------------------------------------------------------------
 */

static void place_planes(const struct jpeg_layout *layout, struct jpeg_decoding *decoding,
                         struct plane *planes)
{
    for (unsigned i = 0; i < decoding->components; i++) {
        struct jpeg_target *target = &decoding->target[i];
        struct jpeg_target_size size = jpeg_target_size(target, &layout->component[i]);
        uint8_t *memory = malloc(plane_bytes(size.width, size.height));

        fuzz_require(memory != NULL);
        plane_place(&planes[i], memory, size.width, size.height);
        target->plane = &planes[i];
    }
}

static void make_decoding(const struct image_input *input, const struct jpeg_layout *layout,
                          struct jpeg_decoding *decoding)
{
    const bool moved = input->factor < 0.5;

    decoding->components = !input->scale ? 1 : layout->components;
    for (unsigned i = 0; i < decoding->components; i++) {
        struct jpeg_target *target = &decoding->target[i];

        target->points = input->request.outputs[0].encoding.quality % 8 + 1;
        jpeg_target_want_all(target, layout, i);
        if (moved && target->points == 4) { /* as jpeg/scale.c has it */
            target->along_x = (layout->width + 1) / 2;
            target->along_y = (layout->height + 1) / 2;
        }
    }
}

/* T.81, A.3.3. */
static double exact_sample(const struct jpeg_component *component, const int16_t block[64],
                           unsigned y, unsigned x)
{
    double sum = 0;

    for (unsigned k = 0; k < 64; k++) {
        unsigned v = idct_natural_order[k] >> 3, u = idct_natural_order[k] & 7;
        double scale = (u == 0 ? M_SQRT1_2 : 1) * (v == 0 ? M_SQRT1_2 : 1) / 4;

        if (block[v * 8 + u] != 0)
            sum += scale * block[v * 8 + u] * jpeg_quantizer(component, k) *
                   cos((2 * x + 1) * u * M_PI / 16) * cos((2 * y + 1) * v * M_PI / 16);
    }
    return sum + 128;
}

/* One sample of each block, another from block to block: all would take long. */
static void compare_exactly(const struct jpeg_component *component, const int16_t block[64],
                            const uint8_t *samples, size_t pitch, size_t number)
{
    unsigned y = number / 8 % 8, x = number % 8;
    double sample = exact_sample(component, block, y, x);

    if (fabs(sample) < 1e6) /* beyond are no 32 bits */
        fuzz_require(fabs(samples[y * pitch + x] - fmax(0, fmin(255, sample))) < 0.6);
}

/* The block by our own inverse DCT. `last` only says where it may stop: the samples are the same.
 */
static void compare_block(const struct idct *idct, const int16_t block[64], uint32_t row,
                          uint32_t column, const struct plane *plane)
{
    const uint8_t *found = plane->data + row * idct->points * plane->pitch + column * idct->points;
    int16_t places[IDCT_BLOCK] __attribute__((aligned(32))) = {0};
    uint8_t samples[8 * 8];
    unsigned last = 0;

    for (unsigned k = 0; k <= idct->last; k++) {
        places[idct->place[k]] = block[idct_natural_order[k]];
        if (idct_wants(idct, k) && block[idct_natural_order[k]] != 0)
            last = k;
    }
    idct_block(idct, places, last, row, column, samples, 8);
    for (unsigned y = 0; y < idct->points; y++) {
        for (unsigned x = 0; x < idct->points; x++)
            fuzz_require(abs(samples[y * 8 + x] - found[y * plane->pitch + x]) <=
                         (idct->frequencies > 4 ? 1 : 0));
    }
}

/* The same of a block that the image ends in. */
static void compare_edge_block(const struct jpeg_target *target, const int16_t block[64],
                               uint32_t row, uint32_t column)
{
    const uint8_t *found =
        target->plane->data + row * target->points * target->plane->pitch + column * target->points;
    int16_t places[EDGE_BLOCK] __attribute__((aligned(32))) = {0};
    uint8_t samples[8 * 8];

    if (!jpeg_edges_hold(&target->edges, row, column))
        return;
    memcpy(places, block, 64 * sizeof(*places));
    jpeg_edges_block(&target->edges, places, row, column, samples, 8);
    for (unsigned y = 0; y < target->points; y++)
        fuzz_require(memcmp(samples + y * 8, found + y * target->plane->pitch, target->points) ==
                     0);
}

static void compare_plane(const struct jpeg_layout *layout, unsigned index,
                          const struct component *reference, struct jpeg_target *target)
{
    const struct jpeg_component *component = &layout->component[index];
    const struct plane *plane = target->plane;
    struct idct idct;

    jpeg_target_prepare(target, component, &idct);
    for (uint32_t row = 0; row < reference->rows; row++) {
        for (uint32_t column = 0; column < reference->columns; column++) {
            size_t number = row * reference->columns + column;
            const int16_t *block = reference->blocks[number];

            if (column >= jpeg_edges_whole(&target->edges, row).to)
                compare_edge_block(target, block, row, column);
            else
                compare_block(&idct, block, row, column, plane);
            if (target->points == 8)
                compare_exactly(component, block, plane->data + row * 8 * plane->pitch + column * 8,
                                plane->pitch, number);
        }
    }
}

/* ------------------------------------------------------------------------------------------------
 */

/* Servers decide by the header, workers by all markers: of what both accept they must say the
 * same. */
static void compare_header(const struct jpeg_layout *layout, const uint8_t *data, size_t size)
{
    struct image_header header;

    if (image_read_header(data, size, &header) != 0)
        return;
    fuzz_require(header.width == layout->width && header.height == layout->height);
    fuzz_require(header.samples == layout->components);
    fuzz_require(header.progressive == layout->progressive);
    fuzz_require(header.arithmetic == layout->arithmetic);
}

static int decode(const struct image_input *input, const struct jpeg_layout *layout,
                  const struct reference *reference)
{
    struct jpeg_decoding decoding = {0};
    struct plane planes[JPEG_COMPONENTS_MAX];
    int status;

    make_decoding(input, layout, &decoding);
    place_planes(layout, &decoding, planes);
    status = jpeg_decode(layout, &decoding);
    for (unsigned i = 0; i < decoding.components; i++) {
        if (status == 0 && reference != NULL)
            compare_plane(layout, i, &reference->component[i], &decoding.target[i]);
        free(planes[i].data);
    }
    return status;
}

static int read_and_decode(const struct image_input *input, const uint8_t *data, size_t size,
                           const struct reference *reference)
{
    static struct jpeg_layout layout;
    int status = jpeg_read_markers(&layout, data, size, SCANS_MAX);

    fuzz_require(reference == NULL || reference->scans.twice || status != STATUS_IMAGE_CORRUPT);
    if (status == 0)
        compare_header(&layout, data, size);
    if (status != 0 || layout.arithmetic) /* which only libjpeg decodes */
        return status;
    return decode(input, &layout, reference);
}

static void run(const struct image_input *input)
{
    static struct reference reference;
    const bool good = strict_jpeg_read(input->data, input->size, read_coefficients, &reference);
    int status = read_and_decode(input, input->data, input->size, good ? &reference : NULL);
    struct recoding recoding = {.flags = input->last};

    fuzz_require(status == 0 || status == STATUS_IMAGE_CORRUPT ||
                 status == STATUS_UNSUPPORTED_FORMAT || status == STATUS_IMAGE_TOO_LARGE);
    if (good && is_writable(&reference) &&
        strict_jpeg_read(input->data, input->size, rewrite, &recoding)) {
        status = read_and_decode(input, recoding.data, recoding.size, &reference);
        fuzz_require(status == 0);
    }
    jpeg_destroy_compress(&recoding.codec);
    free(recoding.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct image_header header;
    struct image_input input;

    if (!image_input_read(&input, data, size))
        return 0;
    if (image_read_header(input.data, input.size, &header) == 0 && header.format == IMAGE_JPEG &&
        image_pixels(&header) <= DECODED_MAX_PIXELS)
        run(&input);
    image_input_clear(&input);
    return 0;
}
