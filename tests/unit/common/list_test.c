/* list_test.c - intrusive lists. */
#include "common/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

struct item {
	int number;
	struct list node;
};

static void
append_numbers(struct list *head, struct item *items, int count)
{
	list_init(head);
	for (int i = 0; i < count; i++) {
		items[i].number = i;
		list_append(head, &items[i].node);
	}
}

static struct item *
item_of(struct list *node)
{
	return container_of(node, struct item, node);
}

static void
test_empty(void **state)
{
	struct list head;
	int seen = 0;

	list_init(&head);
	assert_true(list_is_empty(&head));
	LIST_FOREACH (node, &head)
		seen++;
	assert_int_equal(seen, 0);
}

static void
test_order_is_kept(void **state)
{
	struct item items[5];
	struct list head;
	int seen = 0;

	append_numbers(&head, items, 5);
	assert_false(list_is_empty(&head));
	LIST_FOREACH (node, &head)
		assert_int_equal(item_of(node)->number, seen++);
	assert_int_equal(seen, 5);
}

static void
test_remove_twice_is_harmless(void **state)
{
	struct item items[3];
	struct list head;
	int sum = 0;

	append_numbers(&head, items, 3);
	list_remove(&items[1].node);
	list_remove(&items[1].node);
	assert_true(list_is_empty(&items[1].node));
	LIST_FOREACH (node, &head)
		sum += item_of(node)->number;
	assert_int_equal(sum, 0 + 2);
}

static void
test_remove_while_walking(void **state)
{
	struct item items[6];
	struct list head;
	int seen = 0;

	append_numbers(&head, items, 6);
	LIST_FOREACH (node, &head) {
		seen++;
		if (item_of(node)->number % 2 == 0)
			list_remove(node);
	}
	assert_int_equal(seen, 6);
	assert_ptr_equal(head.next, &items[1].node);
	assert_ptr_equal(head.prev, &items[5].node);
	LIST_FOREACH (node, &head)
		list_remove(node);
	assert_true(list_is_empty(&head));
}

static void
test_move_between_lists(void **state)
{
	struct item items[2];
	struct list first, second;

	append_numbers(&first, items, 2);
	list_init(&second);
	list_remove(&items[0].node);
	list_append(&second, &items[0].node);
	assert_ptr_equal(first.next, &items[1].node);
	assert_ptr_equal(second.next, &items[0].node);
	assert_ptr_equal(second.prev, &items[0].node);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_order_is_kept),
		cmocka_unit_test(test_remove_twice_is_harmless),
		cmocka_unit_test(test_remove_while_walking),
		cmocka_unit_test(test_move_between_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
