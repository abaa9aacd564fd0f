/* stream.c - see stream.h. */
#include "simulator/stream.h"

void
stream_init(struct stream *stream)
{
	*stream = (struct stream){ .next = MOMENT_OPEN };
}

/* What comes after a part, or at the beginning. */
static enum moment_kind
after_part(const struct stream *stream, const struct answer *answer)
{
	return stream->part < answer->part_count ? MOMENT_PART_OPEN
						 : MOMENT_FINISH;
}

static void
take_piece(struct stream *stream, const struct dialect *dialect,
    const struct answer *answer, struct moment *out)
{
	struct str rest = str_skip(out->part->text, stream->offset);
	bool is_whole =
	    out->part->kind == PART_CALL && dialect->has_whole_calls;
	int64_t tokens;

	out->piece = is_whole ? rest : answer_piece(answer, rest);
	/* Rounding is per part, so that the sum is what usage says. */
	tokens =
	    tokens_of(out->part->name.len + stream->offset + out->piece.len) -
	    (stream->offset == 0
		    ? 0
		    : tokens_of(out->part->name.len + stream->offset));
	stream->tokens += tokens;
	if (out->part->kind != PART_REASONING)
		stream->shown += tokens;
	stream->offset += out->piece.len;
	out->tokens_shown = stream->shown;
	if (stream->offset < out->part->text.len)
		return;
	out->is_last = stream->part + 1 == answer->part_count;
	stream->next = MOMENT_PART_CLOSE;
}

bool
stream_next(struct stream *stream, const struct dialect *dialect,
    const struct answer *answer, struct moment *out)
{
	if (stream->is_over)
		return false;
	*out = (struct moment){
		.kind = stream->next,
		.part_index = stream->part,
		.tokens_before = stream->tokens,
	};
	if (stream->part < answer->part_count)
		out->part = &answer->parts[stream->part];
	switch (out->kind) {
	case MOMENT_OPEN:
		stream->next = after_part(stream, answer);
		break;
	case MOMENT_PART_OPEN:
		stream->offset = 0;
		stream->next = MOMENT_PIECE;
		break;
	case MOMENT_PIECE:
		take_piece(stream, dialect, answer, out);
		break;
	case MOMENT_PART_CLOSE:
		stream->part++;
		stream->next = after_part(stream, answer);
		break;
	case MOMENT_FINISH:
		stream->next = MOMENT_END;
		break;
	case MOMENT_END:
		stream->is_over = true;
		break;
	}
	return true;
}
