/*
 * stream.h - walks through an answer in the order a stream tells it.
 */
#pragma once

#include "simulator/dialect.h"

struct stream { /* fields are private */
	enum moment_kind next;
	size_t part;
	size_t offset; /* into the text of the part */
	int64_t tokens;
	int64_t shown;
	bool is_over;
};

void stream_init(struct stream *);

/* False once the end was given.  What it gives borrows from the answer. */
bool stream_next(struct stream *, const struct dialect *, const struct answer *,
    struct moment *out);
