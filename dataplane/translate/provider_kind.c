/*
 * provider_kind.c - the kinds of providers that are known, as data.
 */
#include "common/base.h"
#include "dataplane/translate/dialect.h"

#define OPENAI_LIKE(name, name_quirks)                                 \
	{                                                              \
		.kind = name, .dialect = &dialect_openai_chat,         \
		.quirks = name_quirks, .auth_header = "authorization", \
		.auth_prefix = "Bearer "                               \
	}

static const char *const anthropic_headers[] = {
	"anthropic-version: 2023-06-01",
	NULL,
};

static const struct provider_kind kinds[] = {
	OPENAI_LIKE("openai", QUIRK_MAX_COMPLETION_TOKENS),
	OPENAI_LIKE("openai-compatible", 0),
	OPENAI_LIKE("ark", QUIRK_NO_DEVELOPER_ROLE | QUIRK_THINKING_SWITCH),
	OPENAI_LIKE("alibaba", QUIRK_NO_DEVELOPER_ROLE),
	OPENAI_LIKE("cerebras", QUIRK_MAX_COMPLETION_TOKENS),
	OPENAI_LIKE("deepseek", QUIRK_NO_DEVELOPER_ROLE),
	OPENAI_LIKE("fireworks", QUIRK_NO_DEVELOPER_ROLE),
	OPENAI_LIKE("groq", QUIRK_MAX_COMPLETION_TOKENS),
	OPENAI_LIKE("huggingface", QUIRK_NO_DEVELOPER_ROLE),
	OPENAI_LIKE("llamacpp", QUIRK_NO_DEVELOPER_ROLE),
	OPENAI_LIKE("mistral",
	    QUIRK_NO_DEVELOPER_ROLE | QUIRK_NO_STREAM_OPTIONS |
		QUIRK_NINE_LETTER_IDS),
	OPENAI_LIKE("moonshot", QUIRK_NO_DEVELOPER_ROLE),
	OPENAI_LIKE("ollama", QUIRK_NO_DEVELOPER_ROLE),
	OPENAI_LIKE("openrouter", 0),
	OPENAI_LIKE(
	    "perplexity", QUIRK_NO_DEVELOPER_ROLE | QUIRK_NO_STREAM_OPTIONS),
	OPENAI_LIKE("together", QUIRK_NO_DEVELOPER_ROLE),
	OPENAI_LIKE("vercel-gateway", 0),
	OPENAI_LIKE("vllm", QUIRK_NO_DEVELOPER_ROLE),
	OPENAI_LIKE("xai", QUIRK_REASONING_EXTRA),
	OPENAI_LIKE("zai", QUIRK_NO_DEVELOPER_ROLE),
	{
	    .kind = "anthropic",
	    .dialect = &dialect_anthropic,
	    .auth_header = "x-api-key",
	    .auth_prefix = "",
	    .extra_headers = anthropic_headers,
	},
	{
	    .kind = "gemini",
	    .dialect = &dialect_gemini,
	    .auth_header = "x-goog-api-key",
	    .auth_prefix = "",
	},
};

const struct provider_kind *
provider_kind_find(struct str kind)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (str_eq(kind, str_from(kinds[i].kind)))
			return &kinds[i];
	return NULL;
}
