# The neutral conversation and the dialects; paths from dataplane/.
set(WEIR_DIALECT_SOURCES
  translate/chat.c translate/chat_reader.c translate/chat_writer.c
  translate/stream.c translate/tool_id.c translate/failure_reading.c
  translate/provider_kind.c

  translate/openai_chat_dialect.c translate/openai_chat_request.c
  translate/openai_chat_parts.c translate/openai_chat_write.c
  translate/openai_chat_messages.c translate/openai_chat_decode.c
  translate/openai_chat_calls.c translate/openai_chat_encode.c
  translate/openai_chat_error.c

  translate/anthropic_dialect.c translate/anthropic_request.c
  translate/anthropic_parts.c translate/anthropic_write.c
  translate/anthropic_messages.c translate/anthropic_thinking.c
  translate/anthropic_decode.c translate/anthropic_encode.c
  translate/anthropic_whole.c translate/anthropic_error.c

  translate/gemini_dialect.c translate/gemini_write.c
  translate/gemini_contents.c translate/gemini_thinking.c
  translate/gemini_decode.c translate/gemini_partial.c
  translate/gemini_error.c)
