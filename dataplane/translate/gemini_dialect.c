/*
 * gemini_dialect.c - Google's generateContent, spoken to providers only.
 */
#include "dataplane/translate/gemini.h"

const struct dialect dialect_gemini = {
	.name = "gemini",
	.family = FAMILY_GEMINI,
	.write_request = gemini_write_request,
	.decode_event = gemini_decode_event,
	.decode_whole = gemini_decode_whole,
	.read_error = gemini_read_error,
};
