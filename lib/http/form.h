/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

struct http_request;

/*
 * Inside lib/http: a request's body as a form. Its fields become parameters, its one file becomes
 * http_request_content(). All from the request's thread. Each returns 0, or why the request is
 * refused, with the answer's detail.
 */

/* With the header section: whether a form is announced, and its boundary. */
int form_expect(struct http_request *request);

/* With each piece of the body, which is stored by now: reads the fields before the file, and where
 * that begins. */
int form_follow(struct http_request *request);

/* With the whole body: reads the rest of it. */
int form_finish(struct http_request *request);
