/*
 * translate.h - a client's request as the provider wants to read it.
 *
 * Same family: the client's bytes with the model's name exchanged (and, for
 * OpenAI streams, usage asked for).  Otherwise through the neutral
 * conversation; what cannot be carried is refused or named in `dropped`.
 */
#pragma once

#include "dataplane/translate/dialect.h"
#include "dataplane/translate/facts.h"

struct translate_input {
	const struct dialect *client;
	const struct dialect *upstream;
	uint32_t quirks;
	struct str body;
	const struct facts *facts;
	struct str upstream_model;
};

/* What out points to lives in the arena or borrows from the input's body. */
enum status translate_request(struct arena *, const struct translate_input *,
    struct outbound *out, struct translate_fault *fault);
