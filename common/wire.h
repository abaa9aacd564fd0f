/*
 * wire.h - protobuf at the door: bytes in, checked messages out.
 *
 * Size is checked before unpacking; strings must be UTF-8 without NUL; all
 * memory is the arena's.  No schema of ours is recursive (protobuf-c recurses
 * without a bound), which proto/ is linted for.
 */
#pragma once

#include <protobuf-c/protobuf-c.h>

#include "common/status.h"
#include "common/str.h"

struct arena;

/*
 * Unpacks into the arena: nothing to free.  E_TOO_LARGE past max_bytes,
 * E_CORRUPT when it is not this message.  Cast *out to the message's type.
 */
enum status wire_unpack(struct arena *, const ProtobufCMessageDescriptor *,
    struct str bytes, size_t max_bytes, ProtobufCMessage **out);

struct str wire_pack(struct arena *, const ProtobufCMessage *);

/* A bytes field as a slice and back; both borrow. */
struct str wire_bytes(ProtobufCBinaryData);
ProtobufCBinaryData wire_data(struct str);
