/* buf_test.c - growing buffers and their bound. */
#include "common/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

static void
assert_content(const struct buf *buf, const char *expected)
{
	struct str s = buf_str(buf);

	assert_int_equal(s.len, strlen(expected));
	assert_int_equal(buf_len(buf), s.len);
	assert_memory_equal(s.ptr, expected, s.len);
}

static void
test_add(void **state)
{
	struct buf buf;

	buf_init(&buf, 1000);
	assert_content(&buf, "");
	buf_add(&buf, "abc", 3);
	buf_add_str(&buf, STR("def"));
	buf_add_cstr(&buf, "gh");
	buf_add_char(&buf, 'i');
	buf_printf(&buf, "%d", 42);
	buf_add(&buf, NULL, 0);
	assert_content(&buf, "abcdefghi42");
	assert_false(buf_has_failed(&buf));
	buf_done(&buf);
}

static void
test_growth_keeps_content(void **state)
{
	struct buf buf;
	struct str s;

	buf_init(&buf, 1 << 20);
	for (int i = 0; i < 100000; i++)
		buf_add_char(&buf, (char)('a' + i % 26));
	s = buf_str(&buf);
	assert_int_equal(s.len, 100000);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(s.ptr[i], 'a' + i % 26);
	buf_done(&buf);
}

static void
test_exactly_the_bound_fits(void **state)
{
	struct buf buf;

	buf_init(&buf, 5);
	buf_add_cstr(&buf, "abcde");
	buf_printf(&buf, "%s", "");
	assert_content(&buf, "abcde");
	buf_consume(&buf, 3);
	buf_printf(&buf, "%s", "fgh");
	assert_content(&buf, "defgh");
	assert_false(buf_has_failed(&buf));
	buf_add_char(&buf, 'x');
	assert_true(buf_has_failed(&buf));
	buf_done(&buf);
}

static void
test_failure_is_sticky(void **state)
{
	struct buf buf;

	buf_init(&buf, 5);
	buf_add_cstr(&buf, "abc");
	buf_printf(&buf, "%s", "def");
	assert_true(buf_has_failed(&buf));
	assert_content(&buf, "");
	buf_add_char(&buf, 'x');
	buf_printf(&buf, "%d", 1);
	buf_reserve(&buf, 1);
	assert_true(buf_has_failed(&buf));
	assert_content(&buf, "");

	buf_reset(&buf);
	assert_false(buf_has_failed(&buf));
	buf_add_cstr(&buf, "ok");
	assert_content(&buf, "ok");
	buf_add(&buf, "far too long", SIZE_MAX);
	assert_true(buf_has_failed(&buf));
	buf_release(&buf);
	assert_false(buf_has_failed(&buf));
	buf_add_cstr(&buf, "again");
	assert_content(&buf, "again");
	buf_done(&buf);
}

static void
test_printf_longer_than_room(void **state)
{
	struct buf buf;

	buf_init(&buf, 10000);
	for (int width = 1; width < 140; width++)
		buf_printf(&buf, "%*d", width, width % 10);
	assert_false(buf_has_failed(&buf));
	assert_int_equal(buf_len(&buf), 139 * 140 / 2);
	for (int width = 1, end = 1; width < 139; width++, end += width)
		assert_int_equal(buf_str(&buf).ptr[end - 1], '0' + width % 10);
	buf_done(&buf);
}

static void
test_consume_and_truncate(void **state)
{
	struct buf buf;

	buf_init(&buf, 100);
	buf_consume(&buf, 0);
	buf_truncate(&buf, 0);
	buf_add_cstr(&buf, "abcdefgh");
	buf_consume(&buf, 2);
	assert_content(&buf, "cdefgh");
	buf_truncate(&buf, 3);
	assert_content(&buf, "cde");
	buf_add_char(&buf, 'X');
	assert_content(&buf, "cdeX");
	buf_consume(&buf, 4);
	assert_content(&buf, "");
	buf_done(&buf);
}

/* A pipe: what goes in comes out, however the two ends take turns. */
static void
test_stream_through_a_small_buffer(void **state)
{
	size_t in = 0, out = 0;
	struct buf buf;

	buf_init(&buf, 1000);
	for (size_t turn = 0; turn < 20000; turn++) {
		size_t room = 1000 - buf_len(&buf);

		for (size_t i = 0; i < size_min(room, turn % 37); i++)
			buf_add_char(&buf, (char)in++);
		assert_false(buf_has_failed(&buf));
		for (size_t i = size_min(turn % 31, buf_len(&buf)); i > 0;
		     i--) {
			assert_int_equal(buf_str(&buf).ptr[0], (char)out++);
			buf_consume(&buf, 1);
		}
	}
	assert_int_equal(buf_len(&buf), in - out);
	buf_done(&buf);
}

static void
test_reserved_room_does_not_move(void **state)
{
	struct buf buf;
	const char *place;

	buf_init(&buf, 10000);
	buf_add_cstr(&buf, "abc");
	buf_reserve(&buf, 5000);
	place = buf_str(&buf).ptr;
	for (int i = 0; i < 5000; i++)
		buf_add_char(&buf, 'x');
	assert_ptr_equal(buf_str(&buf).ptr, place);
	buf_reserve(&buf, 10000);
	assert_true(buf_has_failed(&buf));
	buf_done(&buf);
}

static void
test_reset_keeps_and_release_gives_back(void **state)
{
	struct buf buf;
	const char *place;

	buf_init(&buf, 1000);
	buf_add_cstr(&buf, "abc");
	place = buf_str(&buf).ptr;
	buf_reset(&buf);
	assert_content(&buf, "");
	buf_add_cstr(&buf, "def");
	assert_ptr_equal(buf_str(&buf).ptr, place);
	buf_release(&buf);
	assert_content(&buf, "");
	buf_done(&buf);
	buf_done(&buf);
}

static void
test_bound_without_end(void **state)
{
	struct buf buf;

	buf_init(&buf, SIZE_MAX);
	buf_add_cstr(&buf, "abc");
	assert_content(&buf, "abc");
	buf_reserve(&buf, SIZE_MAX);
	assert_true(buf_has_failed(&buf));
	buf_done(&buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_growth_keeps_content),
		cmocka_unit_test(test_exactly_the_bound_fits),
		cmocka_unit_test(test_failure_is_sticky),
		cmocka_unit_test(test_printf_longer_than_room),
		cmocka_unit_test(test_consume_and_truncate),
		cmocka_unit_test(test_stream_through_a_small_buffer),
		cmocka_unit_test(test_reserved_room_does_not_move),
		cmocka_unit_test(test_reset_keeps_and_release_gives_back),
		cmocka_unit_test(test_bound_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
