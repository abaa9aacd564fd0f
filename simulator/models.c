/* models.c - see models.h. */
#include "simulator/models.h"

#include "common/base.h"

const struct model models[] = {
	{ "gpt-5", "openai" },
	{ "gpt-5-mini", "openai" },
	{ "claude-sonnet-4-5-20250929", "anthropic" },
	{ "claude-haiku-4-5-20251001", "anthropic" },
	{ "gemini-2.5-pro", "gemini" },
	{ "gemini-2.5-flash", "gemini" },
	{ "doubao-seed-1-6-251015", "ark" },
};
const size_t model_count = ARRAY_LEN(models);
