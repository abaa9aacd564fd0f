/*
 * openai_chat_dialect.c - OpenAI Chat Completions, and all who follow it.
 */
#include "dataplane/translate/openai_chat.h"

const struct dialect dialect_openai_chat = {
	.name = "openai-chat",
	.family = FAMILY_OPENAI_CHAT,
	.read_request = openai_chat_read_request,
	.write_request = openai_chat_write_request,
	.decode_event = openai_chat_decode_event,
	.decode_whole = openai_chat_decode_whole,
	.encode_event = openai_chat_encode_event,
	.encode_whole = openai_chat_encode_whole,
	.read_error = openai_chat_read_error,
	.write_error = openai_chat_write_error,
};
