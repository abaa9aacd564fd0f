/* emit_test.c - whatever goes in, JSON comes out. */
#include "common/emit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "common/json.h"

static struct buf out;

static int
setup(void **state)
{
	buf_init(&out, 1 << 20);
	return 0;
}

static int
teardown(void **state)
{
	buf_done(&out);
	return 0;
}

static void
assert_written(const char *expected)
{
	struct str text = buf_str(&out);

	assert_false(buf_has_failed(&out));
	if (!str_eq(text, str_from(expected)))
		fail_msg("%.*s is not %s", STR_ARGS(text), expected);
}

static void
assert_quoted(struct str text, const char *expected)
{
	buf_reset(&out);
	emit_quoted(&out, text);
	assert_written(expected);
}

static void
test_commas_stand_where_they_belong(void **state)
{
	struct emit e;

	emit_init(&e, &out);
	emit_object_open(&e);
	emit_field_str(&e, "id", STR("key_1"));
	emit_field_cstr(&e, "none", NULL);
	emit_field_int(&e, "low", INT64_MIN);
	emit_field_int(&e, "high", INT64_MAX);
	emit_field_bool(&e, "on", true);
	emit_field_null(&e, "off");
	emit_field_raw(&e, "raw", STR("{\"a\": 1}"));
	emit_key(&e, "list");
	emit_array_open(&e);
	emit_int(&e, 1);
	emit_array_open(&e);
	emit_array_close(&e);
	emit_object_open(&e);
	emit_object_close(&e);
	emit_cstr(&e, "x");
	emit_bool(&e, false);
	emit_null(&e);
	emit_raw(&e, STR("2.5"));
	emit_array_close(&e);
	emit_key_str(&e, STR("a\"b"));
	emit_str(&e, STR(""));
	emit_object_close(&e);
	assert_written("{\"id\":\"key_1\",\"none\":null,"
		       "\"low\":-9223372036854775808,"
		       "\"high\":9223372036854775807,\"on\":true,"
		       "\"off\":null,\"raw\":{\"a\": 1},"
		       "\"list\":[1,[],{},\"x\",false,null,2.5],"
		       "\"a\\\"b\":\"\"}");
}

static void
test_escapes(void **state)
{
	assert_quoted(STR(""), "\"\"");
	assert_quoted(STR("plain"), "\"plain\"");
	assert_quoted(STR("\"\\/"), "\"\\\"\\\\/\"");
	assert_quoted(STR("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"");
	assert_quoted(STR("\x01\x1f\x7f"), "\"\\u0001\\u001f\x7f\"");
	assert_quoted(str_make("a\0b", 3), "\"a\\u0000b\"");
}

static void
test_valid_utf8_stays(void **state)
{
	assert_quoted(STR("gr\u00fc\u00df \u20ac \U0001f600"),
	    "\"gr\u00fc\u00df \u20ac \U0001f600\"");
}

static void
test_what_is_not_utf8_is_replaced(void **state)
{
	assert_quoted(STR("\x80"), "\"\ufffd\"");
	assert_quoted(STR("a\xff"
			  "b"),
	    "\"a\ufffd"
	    "b\"");
	/* Cut off, overlong, surrogate, past U+10FFFF. */
	assert_quoted(STR("\xe2\x82"), "\"\ufffd\ufffd\"");
	assert_quoted(STR("\xc0\xaf"), "\"\ufffd\ufffd\"");
	assert_quoted(STR("\xed\xa0\x80"), "\"\ufffd\ufffd\ufffd\"");
	assert_quoted(STR("\xf4\x90\x80\x80"), "\"\ufffd\ufffd\ufffd\ufffd\"");
	assert_quoted(STR("\xf8"
			  "12345678"),
	    "\"\ufffd"
	    "12345678\"");
}

/* Each byte at each place of a word, beside the borders of the fast path. */
static void
test_every_byte_at_every_place(void **state)
{
	char text[24];

	for (int byte = 0; byte < 256; byte++) {
		for (size_t place = 0; place < sizeof(text); place++) {
			json_t *value;

			memset(text, 'x', sizeof(text));
			text[place] = (char)byte;
			buf_reset(&out);
			emit_quoted(&out, str_make(text, sizeof(text)));
			if (byte == 0) /* the reader refuses U+0000 */
				continue;
			assert_int_equal(
			    json_parse(buf_str(&out), 1, &value, NULL), OK);
			if (byte < 0x80)
				assert_memory_equal(
				    json_text(value).ptr, text, sizeof(text));
			else
				assert_int_equal(
				    json_text(value).len, sizeof(text) + 2);
			json_decref(value);
		}
	}
}

static void
test_failure_is_the_buffers(void **state)
{
	struct buf small;
	struct emit e;

	buf_init(&small, 8);
	emit_init(&e, &small);
	emit_object_open(&e);
	emit_field_str(&e, "long", STR("too long for eight bytes"));
	emit_object_close(&e);
	assert_true(buf_has_failed(&small));
	assert_int_equal(buf_len(&small), 0);
	buf_done(&small);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_commas_stand_where_they_belong, setup, teardown),
		cmocka_unit_test_setup_teardown(test_escapes, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_valid_utf8_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_what_is_not_utf8_is_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_every_byte_at_every_place, setup, teardown),
		cmocka_unit_test(test_failure_is_the_buffers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
