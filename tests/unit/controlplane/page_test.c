/* Page tokens: they continue their own list and no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/arena.h"
#include "controlplane/http/page.h"

static const uint8_t key[PAGE_KEY_SIZE] = { 1, 2, 3 };
static const uint8_t other_key[PAGE_KEY_SIZE] = { 3, 2, 1 };
static struct arena arena;

static void
token_gives_its_place_back(void **state)
{
	struct page_place place = { -42, id_make() };
	struct page_place found = { 0 };
	struct str token = page_token(&arena, key, STR("list"), &place);

	assert_int_equal(
	    page_open(&arena, key, STR("list"), token, &found), OK);
	assert_int_equal(found.number, -42);
	assert_true(id_eq(found.id, place.id));
}

static void
token_is_bound(void **state)
{
	struct page_place place = { 7, id_make() };
	struct page_place found;
	struct str token = page_token(&arena, key, STR("list"), &place);

	assert_int_equal(
	    page_open(&arena, key, STR("lisT"), token, &found), E_INVALID);
	assert_int_equal(
	    page_open(&arena, other_key, STR("list"), token, &found),
	    E_INVALID);
}

static void
changed_or_foreign_tokens_are_refused(void **state)
{
	struct page_place place = { 7, id_make() };
	struct page_place found;
	struct str token = page_token(&arena, key, STR("list"), &place);
	char text[128];

	assert_true(token.len < sizeof(text));
	/* The last bytes carry no meaning: the MAC ends before them. */
	for (size_t i = 0; i < 48; i++) {
		memcpy(text, token.ptr, token.len);
		text[i] = text[i] == 'A' ? 'B' : 'A';
		assert_int_equal(page_open(&arena, key, STR("list"),
				     str_make(text, token.len), &found),
		    E_INVALID);
	}
	assert_int_equal(
	    page_open(&arena, key, STR("list"), STR(""), &found), E_INVALID);
	assert_int_equal(
	    page_open(&arena, key, STR("list"), STR("AAAA"), &found),
	    E_INVALID);
	assert_int_equal(
	    page_open(&arena, key, STR("list"), STR("not base64!"), &found),
	    E_INVALID);
}

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(token_gives_its_place_back),
		cmocka_unit_test(token_is_bound),
		cmocka_unit_test(changed_or_foreign_tokens_are_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
