/*
 * wire.c - see wire.h.
 *
 * protobuf-c trusts its input in three ways that ours does not earn: strings
 * may hold anything, a NUL on the wire silently cuts a string short, and a
 * few megabytes of empty messages unpack to hundreds.  So the bytes are walked
 * along the schema before it sees them; all the walk needs to know is where
 * fields begin and end.  It is stricter than protobuf-c about tags and never
 * laxer, so both agree on what every field is.
 */
#include "common/wire.h"

#include <limits.h>
#include <string.h>

#include "common/arena.h"
#include "common/base.h"

#define DEPTH_MAX 8
#define FIELD_NUMBER_MAX 0x1fffffff
#define TAG_BYTES_MAX 5
#define VARINT_BYTES_MAX 10

/* What unpacking one message may take in memory. */
#define MEMORY_MAX_BYTES (64u << 20)

/* protobuf-c notes every field in tables that double, then points to it. */
#define FIELD_BYTES 96

struct wire_field {
	uint32_t number;
	uint32_t type;
	struct str value; /* without the length before it */
};

static enum status
varint_read(struct str *rest, size_t bytes_max, uint64_t *out)
{
	size_t len = size_min(rest->len, bytes_max);
	uint64_t value = 0;

	for (size_t i = 0; i < len; i++) {
		uint64_t byte = (unsigned char)rest->ptr[i];

		value |= (byte & 0x7f) << (7 * i);
		if ((byte & 0x80) == 0) {
			*rest = str_skip(*rest, i + 1);
			*out = value;
			return OK;
		}
	}
	return E_CORRUPT;
}

static enum status
take(struct str *rest, size_t len, struct str *out)
{
	if (len > rest->len)
		return E_CORRUPT;
	*out = str_head(*rest, len);
	*rest = str_skip(*rest, len);
	return OK;
}

static enum status
value_read(struct str *rest, uint32_t type, struct str *out)
{
	uint64_t len;
	enum status s;

	switch (type) {
	case PROTOBUF_C_WIRE_TYPE_VARINT:
		return varint_read(rest, VARINT_BYTES_MAX, &len);
	case PROTOBUF_C_WIRE_TYPE_64BIT:
		return take(rest, 8, out);
	case PROTOBUF_C_WIRE_TYPE_32BIT:
		return take(rest, 4, out);
	case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
		s = varint_read(rest, TAG_BYTES_MAX, &len);
		if (s != OK)
			return s;
		return take(rest, len, out);
	default:
		return E_CORRUPT;
	}
}

static enum status
field_read(struct str *rest, struct wire_field *out)
{
	struct wire_field field = { 0 };
	uint64_t tag;
	enum status s;

	s = varint_read(rest, TAG_BYTES_MAX, &tag);
	if (s != OK)
		return s;
	if (tag >> 3 == 0 || tag >> 3 > FIELD_NUMBER_MAX)
		return E_CORRUPT;
	field.number = (uint32_t)(tag >> 3);
	field.type = (uint32_t)(tag & 7);
	s = value_read(rest, field.type, &field.value);
	if (s == OK)
		*out = field;
	return s;
}

/* What the value takes beside FIELD_BYTES, its own fields not counted. */
static size_t
value_bytes(const ProtobufCFieldDescriptor *field, struct str value)
{
	const ProtobufCMessageDescriptor *message;

	if (field == NULL || field->type == PROTOBUF_C_TYPE_STRING ||
	    field->type == PROTOBUF_C_TYPE_BYTES)
		return value.len;
	if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
		message = field->descriptor;
		return message->sizeof_message;
	}
	/* Packed numbers: a byte on the wire may be eight in memory. */
	return 8 * value.len;
}

static enum status message_walk(size_t *memory_bytes, struct str bytes,
    const ProtobufCMessageDescriptor *, unsigned depth);

static enum status
field_walk(size_t *memory_bytes, const struct wire_field *found,
    const ProtobufCFieldDescriptor *field, unsigned depth)
{
	*memory_bytes += FIELD_BYTES + value_bytes(field, found->value);
	if (*memory_bytes > MEMORY_MAX_BYTES)
		return E_TOO_LARGE;
	/* protobuf-c refuses what is not of the field's type by itself. */
	if (field == NULL ||
	    found->type != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
		return OK;
	if (field->type == PROTOBUF_C_TYPE_MESSAGE)
		return message_walk(
		    memory_bytes, found->value, field->descriptor, depth + 1);
	if (field->type != PROTOBUF_C_TYPE_STRING)
		return OK;
	if (str_find_char(found->value, '\0') >= 0 ||
	    !str_is_utf8(found->value))
		return E_CORRUPT;
	return OK;
}

static enum status
message_walk(size_t *memory_bytes, struct str bytes,
    const ProtobufCMessageDescriptor *type, unsigned depth)
{
	struct wire_field found;
	enum status s = OK;

	if (depth > DEPTH_MAX)
		return E_CORRUPT;
	while (s == OK && bytes.len > 0) {
		s = field_read(&bytes, &found);
		if (s == OK)
			s = field_walk(memory_bytes, &found,
			    protobuf_c_message_descriptor_get_field(
				type, found.number),
			    depth);
	}
	return s;
}

static void *
allocate(void *arena, size_t size)
{
	return arena_alloc(arena, size);
}

/* The arena frees everything at its end. */
static void
leave(void *arena, void *memory)
{
}

enum status
wire_unpack(struct arena *arena, const ProtobufCMessageDescriptor *type,
    struct str bytes, size_t max_bytes, ProtobufCMessage **out)
{
	ProtobufCAllocator allocator = { allocate, leave, arena };
	size_t memory_bytes = 0;
	ProtobufCMessage *message;
	enum status s;

	assert(type != NULL);

	if (bytes.len > max_bytes)
		return E_TOO_LARGE;
	s = message_walk(&memory_bytes, bytes, type, 0);
	if (s != OK)
		return s;
	message = protobuf_c_message_unpack(
	    type, &allocator, bytes.len, (const uint8_t *)bytes.ptr);
	if (message == NULL)
		return E_CORRUPT;
	*out = message;
	return OK;
}

struct str
wire_pack(struct arena *arena, const ProtobufCMessage *message)
{
	size_t len = protobuf_c_message_get_packed_size(message);
	uint8_t *bytes = arena_alloc(arena, len);

	protobuf_c_message_pack(message, bytes);
	return str_make(bytes, len);
}

struct str
wire_bytes(ProtobufCBinaryData data)
{
	return str_make(data.data, data.len);
}

ProtobufCBinaryData
wire_data(struct str bytes)
{
	return (ProtobufCBinaryData){ .len = bytes.len,
		.data = (uint8_t *)bytes.ptr };
}
