# What dataplane/translate/ is made of; paths from dataplane/.
# The bytes: reading JSON and streams, keeping what needs no change.
set(WEIR_TRANSLATE_SOURCES
  translate/lexer.c translate/lexer_string.c translate/scan.c
  translate/tree.c translate/sse.c translate/facts.c translate/usage.c
  translate/translate.c
  translate/answer.c translate/passthrough.c
  translate/passthrough_openai_chat.c translate/passthrough_anthropic.c
  upstream/failure.c)
