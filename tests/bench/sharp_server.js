// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 the grisaille authors
//
// sharp behind node's http, one process a core, everything at its defaults (JPEG quality 80).
'use strict';
const cluster = require('cluster');
const http = require('http');
const os = require('os');
const sharp = require(process.argv[2] + '/node_modules/sharp');

async function answer(request, body) {
    const url = new URL(request.url, 'http://localhost');
    let image = sharp(body);
    if (url.pathname === '/image') { // upright, inside a box or covering it, as grisaille does it
        const asked = Object.fromEntries(url.searchParams);
        image = image.rotate().resize(Number(asked.width), Number(asked.height),
                                      { fit: asked.fit || 'inside', withoutEnlargement: true });
        return image.toFormat(asked.format, { quality: Number(asked.quality) }).toBuffer();
    }
    if (url.searchParams.has('scale')) {
        const factor = Number(url.searchParams.get('scale'));
        const { width, height } = await image.metadata();
        image = image.resize(Math.max(1, Math.floor(width * factor + 0.5)),
                             Math.max(1, Math.floor(height * factor + 0.5)), { fit: 'fill' });
    }
    if (url.pathname === '/' || url.pathname === '/gray')
        image = image.grayscale();
    if (url.searchParams.has('lossless')) // it makes lossy ones of lossless ones otherwise
        image = image.webp({ lossless: true });
    return image.toBuffer();
}

if (cluster.isPrimary) {
    let ready = 0;
    cluster.on('listening', (worker, address) => {
        if (++ready === os.cpus().length)
            console.log(address.port);
    });
    for (let i = 0; i < os.cpus().length; i++)
        cluster.fork();
} else {
    http.createServer((request, response) => {
        const pieces = [];
        request.on('data', (piece) => pieces.push(piece));
        request.on('end', () => answer(request, Buffer.concat(pieces)).then(
            (image) => response.end(image),
            (error) => response.writeHead(500).end(String(error))));
    }).listen(0, '127.0.0.1');
}
