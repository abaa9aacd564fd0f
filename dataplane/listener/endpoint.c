/*
 * endpoint.c - the table; the stages are in pipeline.c.
 */
#include "dataplane/listener/endpoint.h"

#include <string.h>

#include "common/base.h"
#include "common/str.h"
#include "dataplane/pipeline.h"
#include "dataplane/translate/dialect.h"

static const struct endpoint endpoints[] = {
	{ "POST", "/v1/chat/completions", &dialect_openai_chat, chat_stages,
	    true },
	{ "POST", "/v1/messages", &dialect_anthropic, chat_stages, true },
	{ "GET", "/v1/models", &dialect_openai_chat, models_stages, false },
	{ "GET", "/v1/models/*", &dialect_openai_chat, model_stages, false },
};

/* A final '*' stands for any rest that is not empty. */
static bool
is_match(const char *pattern, const char *path)
{
	size_t len = strlen(pattern);

	if (pattern[len - 1] != '*')
		return strcmp(pattern, path) == 0;
	return strncmp(pattern, path, len - 1) == 0 && path[len - 1] != '\0';
}

const struct endpoint *
endpoint_find(const char *method, const char *path, enum status *out_status)
{
	*out_status = E_NOT_FOUND;
	for (size_t i = 0; i < ARRAY_LEN(endpoints); i++) {
		if (!is_match(endpoints[i].path, path))
			continue;
		if (strcmp(endpoints[i].method, method) == 0)
			return &endpoints[i];
		*out_status = E_METHOD;
	}
	return NULL;
}

const struct dialect *
endpoint_dialect(const char *path)
{
	if (str_has_prefix(str_from(path), STR("/v1/messages")))
		return &dialect_anthropic;
	return &dialect_openai_chat;
}
