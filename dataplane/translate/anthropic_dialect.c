/*
 * anthropic_dialect.c - Anthropic Messages.
 */
#include "dataplane/translate/anthropic.h"

const struct dialect dialect_anthropic = {
	.name = "anthropic",
	.family = FAMILY_ANTHROPIC,
	.read_request = anthropic_read_request,
	.write_request = anthropic_write_request,
	.decode_event = anthropic_decode_event,
	.decode_whole = anthropic_decode_whole,
	.encode_event = anthropic_encode_event,
	.encode_whole = anthropic_encode_whole,
	.read_error = anthropic_read_error,
	.write_error = anthropic_write_error,
};
