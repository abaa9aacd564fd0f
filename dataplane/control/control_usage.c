/*
 * control_usage.c - usage records on their way to the control plane.
 *
 * Records come packed from the spool and go as they are, so the Question
 * around them is written by hand, field by field, instead of taking them
 * apart to put them together again.
 */
#include <endian.h>
#include <string.h>

#include "common/buf.h"
#include "dataplane/control/control_private.h"
#include "dataplane/usage/spool.h"

#define USAGE_TIMEOUT_MS 10000

/* Field numbers of link.proto. */
enum {
	QUESTION_USAGE_BATCH = 7,
	BATCH_BOOT_ID = 1,
	BATCH_FIRST_SEQ = 2,
	BATCH_RECORDS = 3,
};

static void
add_varint(struct buf *out, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		buf_add_char(out, (char)(value | 0x80));
	buf_add_char(out, (char)value);
}

static void
add_tag(struct buf *out, unsigned field, ProtobufCWireType type)
{
	add_varint(out, field << 3 | type);
}

static void
add_bytes(struct buf *out, unsigned field, struct str bytes)
{
	add_tag(out, field, PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED);
	add_varint(out, bytes.len);
	buf_add_str(out, bytes);
}

static void
pack_batch(struct buf *out, const struct spool_batch *batch)
{
	uint64_t boot_id = htole64(batch->boot_id);

	add_tag(out, BATCH_BOOT_ID, PROTOBUF_C_WIRE_TYPE_64BIT);
	buf_add(out, &boot_id, sizeof(boot_id));
	add_tag(out, BATCH_FIRST_SEQ, PROTOBUF_C_WIRE_TYPE_VARINT);
	add_varint(out, batch->first_seq);
	for (size_t i = 0; i < batch->count; i++)
		add_bytes(out, BATCH_RECORDS, batch->records[i]);
}

static enum status
send_packed(struct control *control, const struct spool_batch *batch,
    struct str question, uint64_t *out_acked)
{
	struct arena arena CLEANUP(arena_done);
	struct control_call call = {
		.lane = CONTROL_USAGE,
		.arena = &arena,
		.expected = WEIR__LINK__V1__ANSWER__BODY_USAGE_ACK,
		.timeout_ms = USAGE_TIMEOUT_MS,
	};
	enum status s;

	arena_init(&arena, 0);
	s = control_ask_packed(control, &call, question);
	if (s != OK)
		return s;
	if (call.answer->usage_ack->boot_id != batch->boot_id)
		return E_CORRUPT;
	*out_acked = call.answer->usage_ack->acked_seq;
	return OK;
}

enum status
control_send_usage(struct control *control, const struct spool_batch *batch,
    uint64_t *out_acked)
{
	struct buf body CLEANUP(buf_done);
	struct buf question CLEANUP(buf_done);

	buf_init(&body, LINK_MESSAGE_MAX_BYTES);
	buf_init(&question, LINK_MESSAGE_MAX_BYTES);
	pack_batch(&body, batch);
	add_bytes(&question, QUESTION_USAGE_BATCH, buf_str(&body));
	if (buf_has_failed(&body) || buf_has_failed(&question))
		return E_INVALID;
	return send_packed(control, batch, buf_str(&question), out_acked);
}
