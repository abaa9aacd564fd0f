/* wire_test.c - only what is whole, small and text gets in. */
#include "common/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/base.h"
#include "tests/unit/common/wire_test.pb-c.h"

#define NODE (&weir__wire_test__node__descriptor)
#define MAX_BYTES (8u << 20)

static struct arena arena;

static int
setup(void **state)
{
	arena_init(&arena, 0);
	return 0;
}

static int
teardown(void **state)
{
	arena_done(&arena);
	return 0;
}

static Weir__WireTest__Node *
unpack_node(struct str bytes)
{
	ProtobufCMessage *message = NULL;

	assert_int_equal(
	    wire_unpack(&arena, NODE, bytes, MAX_BYTES, &message), OK);
	return (Weir__WireTest__Node *)message;
}

static void
assert_refused(struct str bytes, enum status expected)
{
	ProtobufCMessage *message = NULL;

	assert_int_equal(
	    wire_unpack(&arena, NODE, bytes, MAX_BYTES, &message), expected);
	assert_null(message);
}

static struct str
pack_full_node(void)
{
	Weir__WireTest__Node node = WEIR__WIRE_TEST__NODE__INIT;
	Weir__WireTest__Leaf leaf = WEIR__WIRE_TEST__LEAF__INIT;
	Weir__WireTest__Leaf *leaves[] = { &leaf, &leaf };
	Weir__WireTest__Node__LabelsEntry label =
	    WEIR__WIRE_TEST__NODE__LABELS_ENTRY__INIT;
	Weir__WireTest__Node__LabelsEntry *labels[] = { &label };
	char *tags[] = { (char *)"a", (char *)"gr\u00fcn" };
	uint32_t numbers[] = { 0, 1, UINT32_MAX };

	leaf.text = (char *)"leaf";
	leaf.data = wire_data(str_make("\0\xff", 2));
	leaf.number = UINT64_MAX;
	label.key = (char *)"env";
	label.value = (char *)"prod";
	node.name = (char *)"node";
	node.tags = tags;
	node.n_tags = ARRAY_LEN(tags);
	node.leaf = &leaf;
	node.leaves = leaves;
	node.n_leaves = ARRAY_LEN(leaves);
	node.labels = labels;
	node.n_labels = 1;
	node.packed = numbers;
	node.n_packed = ARRAY_LEN(numbers);
	node.choice_case = WEIR__WIRE_TEST__NODE__CHOICE_OTHER;
	node.other = &leaf;
	node.wide = 1;
	node.narrow = 2;
	node.flag = 1;
	node.signed_number = INT64_MIN;
	return wire_pack(&arena, &node.base);
}

static void
test_round_trip(void **state)
{
	struct str bytes = pack_full_node();
	Weir__WireTest__Node *node = unpack_node(bytes);

	assert_string_equal(node->name, "node");
	assert_int_equal(node->n_tags, 2);
	assert_string_equal(node->tags[1], "gr\u00fcn");
	assert_true(
	    str_eq(wire_bytes(node->leaf->data), str_make("\0\xff", 2)));
	assert_true(node->leaves[1]->number == UINT64_MAX);
	assert_string_equal(node->labels[0]->value, "prod");
	assert_true(node->packed[2] == UINT32_MAX);
	assert_string_equal(node->other->text, "leaf");
	assert_true(node->signed_number == INT64_MIN);
	assert_true(str_eq(wire_pack(&arena, &node->base), bytes));
}

static void
test_empty_message(void **state)
{
	Weir__WireTest__Node *node = unpack_node(str_from(NULL));

	assert_string_equal(node->name, "");
	assert_int_equal(wire_pack(&arena, &node->base).len, 0);
}

static void
test_every_cut_and_every_flip_is_harmless(void **state)
{
	struct str bytes = pack_full_node();

	for (size_t len = 0; len < bytes.len; len++) {
		ProtobufCMessage *message;

		(void)!wire_unpack(
		    &arena, NODE, str_head(bytes, len), MAX_BYTES, &message);
	}
	for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
		struct str copy = str_copy(&arena, bytes);
		ProtobufCMessage *message;

		((char *)copy.ptr)[bit / 8] ^= (char)(1 << bit % 8);
		(void)!wire_unpack(&arena, NODE, copy, MAX_BYTES, &message);
	}
}

static void
test_size_is_checked_first(void **state)
{
	struct str bytes = pack_full_node();
	ProtobufCMessage *message = NULL;

	assert_int_equal(
	    wire_unpack(&arena, NODE, bytes, bytes.len - 1, &message),
	    E_TOO_LARGE);
	assert_null(message);
	assert_int_equal(
	    wire_unpack(&arena, NODE, bytes, bytes.len, &message), OK);
}

static void
test_strings_are_text(void **state)
{
	/* name, tags, leaf.text, a label's key, word */
	assert_refused(STR("\x0a\x01\xff"), E_CORRUPT);
	assert_refused(STR("\x12\x01\xff"), E_CORRUPT);
	assert_refused(STR("\x1a\x03\x0a\x01\xff"), E_CORRUPT);
	assert_refused(STR("\x2a\x03\x0a\x01\xff"), E_CORRUPT);
	assert_refused(STR("\x3a\x01\xff"), E_CORRUPT);
	assert_refused(str_make("\x0a\x03"
				"a\0b",
			   5),
	    E_CORRUPT);
	assert_refused(str_make("\x0a\x01\0", 3), E_CORRUPT);
	/* The first of two is overwritten, and still must be text. */
	assert_refused(STR("\x0a\x01\xff\x0a\x01"
			   "a"),
	    E_CORRUPT);
	/* Bytes may be anything. */
	assert_int_equal(
	    unpack_node(STR("\x1a\x03\x12\x01\xff"))->leaf->data.len, 1);
}

static void
test_what_is_no_message(void **state)
{
	assert_refused(STR("\x0a"), E_CORRUPT); /* no length */
	assert_refused(STR("\x0a\x05"
			   "abc"),
	    E_CORRUPT);
	assert_refused(STR("\x0a\xff\xff\xff\xff\x0f"), E_CORRUPT);
	assert_refused(STR("\x0a\x80\x80\x80\x80\x80\x00"), E_CORRUPT);
	assert_refused(STR("\x08\x01"), E_CORRUPT); /* a number as text */
	assert_refused(STR("\x49\x01"), E_CORRUPT); /* 64 bits cut */
	assert_refused(STR("\x55\x01"), E_CORRUPT); /* 32 bits cut */
	assert_refused(STR("\x0b\x0c"), E_CORRUPT); /* a group */
	assert_refused(STR("\x0f"), E_CORRUPT);	    /* wire type 7 */
	assert_refused(str_make("\x02\x00", 2), E_CORRUPT); /* field 0 */
	assert_refused(
	    STR("\x58\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), E_CORRUPT);
	assert_refused(STR("\x32\x01\x80"), E_CORRUPT); /* packed, cut */
}

/* protobuf-c drops the high bits of such a tag: field 1 of a number > 1. */
static void
test_tags_do_not_alias(void **state)
{
	assert_refused(STR("\x8a\x80\x80\x80\x10\x01"
			   "a"),
	    E_CORRUPT);
	assert_refused(STR("\x8a\x80\x80\x80\x70\x01\xff"), E_CORRUPT);
}

/* Fields that a newer version has are skipped, and given back. */
static void
test_unknown_fields_pass(void **state)
{
	struct str bytes = STR("\x0a\x01"
			       "a"
			       "\xa2\x06\x02\xff\xfe");
	Weir__WireTest__Node *node = unpack_node(bytes);

	assert_string_equal(node->name, "a");
	assert_int_equal(node->base.n_unknown_fields, 1);
	assert_true(str_eq(wire_pack(&arena, &node->base), bytes));
}

/* `depth` messages around the bytes, each as field 1. */
static struct str
wrap(struct str bytes, int depth)
{
	for (int i = 0; i < depth; i++) {
		assert_true(bytes.len < 128);
		bytes = str_printf(
		    &arena, "\x0a%c%.*s", (char)bytes.len, STR_ARGS(bytes));
	}
	return bytes;
}

static void
test_depth_has_a_bound(void **state)
{
	ProtobufCMessage *message;

	assert_int_equal(
	    wire_unpack(&arena, &weir__wire_test__chain0__descriptor,
		wrap(STR("\x12\x01x"), 8), MAX_BYTES, &message),
	    OK);
	assert_int_equal(
	    wire_unpack(&arena, &weir__wire_test__chain0__descriptor,
		wrap(STR("\x0a\x01x"), 9), MAX_BYTES, &message),
	    E_CORRUPT);
}

static struct str
repeat(struct str unit, size_t count)
{
	char *bytes = arena_alloc(&arena, unit.len * count);

	for (size_t i = 0; i < count; i++)
		memcpy(bytes + i * unit.len, unit.ptr, unit.len);
	return str_make(bytes, unit.len * count);
}

/* Two bytes on the wire, a whole struct in memory. */
static void
test_small_bytes_may_not_become_much_memory(void **state)
{
	struct str empty_leaf = str_make("\x22\x00", 2);
	size_t before;

	assert_int_equal(
	    unpack_node(repeat(empty_leaf, 100000))->n_leaves, 100000);
	before = arena_used_bytes(&arena);
	assert_refused(repeat(empty_leaf, 2000000), E_TOO_LARGE);
	assert_refused(repeat(str_make("\x58\x01", 2), 2000000), E_TOO_LARGE);
	assert_refused(repeat(str_make("\x12\x00", 2), 2000000), E_TOO_LARGE);
	assert_refused(
	    repeat(str_make("\xa0\x06\x01", 3), 2000000), E_TOO_LARGE);
	/* Nothing was unpacked: this is what was repeated. */
	assert_true(arena_used_bytes(&arena) - before < 20000000);
}

static void
test_megabyte_of_text(void **state)
{
	Weir__WireTest__Leaf leaf = WEIR__WIRE_TEST__LEAF__INIT;
	struct str text = repeat(STR("x"), 4 << 20);
	ProtobufCMessage *message;

	leaf.text = (char *)str_cstr(&arena, text);
	assert_int_equal(
	    wire_unpack(&arena, &weir__wire_test__leaf__descriptor,
		wire_pack(&arena, &leaf.base), MAX_BYTES, &message),
	    OK);
	assert_int_equal(
	    strlen(((Weir__WireTest__Leaf *)message)->text), text.len);
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(test_round_trip),
		WITH_ARENA(test_empty_message),
		WITH_ARENA(test_every_cut_and_every_flip_is_harmless),
		WITH_ARENA(test_size_is_checked_first),
		WITH_ARENA(test_strings_are_text),
		WITH_ARENA(test_what_is_no_message),
		WITH_ARENA(test_tags_do_not_alias),
		WITH_ARENA(test_unknown_fields_pass),
		WITH_ARENA(test_depth_has_a_bound),
		WITH_ARENA(test_small_bytes_may_not_become_much_memory),
		WITH_ARENA(test_megabyte_of_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
