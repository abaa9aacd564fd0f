/*
 * anthropic_whole.c - a collected answer as one Messages document, and what
 * it shares with a stream.
 */
#include "dataplane/translate/anthropic.h"

#include "common/arena.h"

const char *
anthropic_stop_word(enum chat_stop stop)
{
	static const char *const words[] = {
		[STOP_END] = "end_turn",
		[STOP_LENGTH] = "max_tokens",
		[STOP_SEQUENCE] = "stop_sequence",
		[STOP_CALLS] = "tool_use",
		[STOP_FILTER] = "refusal",
		[STOP_REFUSAL] = "refusal",
	};

	return words[stop];
}

/* Anthropic counts what came from the cache beside the input. */
void
anthropic_write_usage(struct emit *j, const struct tokens *t)
{
	int64_t written = t->cache_write_5m + t->cache_write_1h;

	emit_key(j, "usage");
	emit_object_open(j);
	emit_field_int(
	    j, "input_tokens", i64_max(t->input - t->cached - written, 0));
	emit_field_int(j, "cache_creation_input_tokens", written);
	emit_field_int(j, "cache_read_input_tokens", t->cached);
	if (written > 0) {
		emit_key(j, "cache_creation");
		emit_object_open(j);
		emit_field_int(
		    j, "ephemeral_5m_input_tokens", t->cache_write_5m);
		emit_field_int(
		    j, "ephemeral_1h_input_tokens", t->cache_write_1h);
		emit_object_close(j);
	}
	emit_field_int(j, "output_tokens", t->output);
	if (t->reasoning > 0) {
		emit_key(j, "output_tokens_details");
		emit_object_open(j);
		emit_field_int(j, "thinking_tokens", t->reasoning);
		emit_object_close(j);
	}
	emit_object_close(j);
}

static void
write_thinking(struct emit *j, const struct collected_part *part)
{
	emit_field_cstr(j, "type", "thinking");
	emit_field_str(j, "thinking", buf_str(&part->text));
	emit_field_str(j, "signature", part->signature);
}

static void
write_block(
    struct encoder *e, struct emit *j, const struct collected_part *part)
{
	emit_object_open(j);
	switch (part->kind) {
	case PART_CALL:
		emit_field_cstr(j, "type", "tool_use");
		emit_field_str(j, "id", part->id);
		emit_field_str(j, "name", part->name);
		emit_field_raw(
		    j, "input", chat_arguments(e->arena, buf_str(&part->text)));
		break;
	case PART_REASONING:
		write_thinking(j, part);
		break;
	default:
		emit_field_cstr(j, "type", "text");
		emit_field_str(j, "text", buf_str(&part->text));
	}
	emit_object_close(j);
}

void
anthropic_encode_whole(struct encoder *e)
{
	const struct collected_choice *choice = e->choices;
	enum chat_stop stop = choice == NULL ? STOP_END : choice->stop;
	struct emit j;

	emit_init(&j, e->out);
	emit_object_open(&j);
	emit_field_str(&j, "id", encoder_id(e, "msg_"));
	emit_field_cstr(&j, "type", "message");
	emit_field_cstr(&j, "role", "assistant");
	emit_field_str(&j, "model", e->plan.model);
	emit_key(&j, "content");
	emit_array_open(&j);
	for (const struct collected_part *p = choice == NULL ? NULL
							     : choice->parts;
	     p != NULL; p = p->next)
		write_block(e, &j, p);
	emit_array_close(&j);
	emit_field_cstr(&j, "stop_reason", anthropic_stop_word(stop));
	emit_field_null(&j, "stop_sequence");
	anthropic_write_usage(&j, &e->tokens);
	emit_object_close(&j);
}
