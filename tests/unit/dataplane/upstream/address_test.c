/*
 * address_test.c - where a provider may and may not live.
 */
#include "dataplane/upstream/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base.h"

static bool
allowed(const char *text, bool allow_private)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in v4 = { .sin_family = AF_INET };

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return address_is_allowed(
		    (struct sockaddr *)&v4, allow_private);
	assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
	return address_is_allowed((struct sockaddr *)&v6, allow_private);
}

static void
test_public_is_allowed(void **state)
{
	static const char *const list[] = { "1.1.1.1", "8.8.8.8",
		"172.15.255.255", "172.32.0.0", "100.63.255.255", "100.128.0.0",
		"192.167.255.255", "192.169.0.0", "198.17.255.255",
		"198.20.0.0", "223.255.255.255", "2606:4700::1111",
		"2001:4860:4860::8888", "::ffff:8.8.8.8" };

	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		assert_true(allowed(list[i], false));
		assert_true(allowed(list[i], true));
	}
}

static void
test_private_needs_leave(void **state)
{
	static const char *const list[] = { "127.0.0.1", "127.255.255.254",
		"10.0.0.1", "10.255.255.255", "172.16.0.0", "172.31.255.255",
		"192.168.0.1", "100.64.0.1", "100.127.255.255", "169.254.1.1",
		"192.0.0.1", "198.18.0.1", "198.19.255.255", "::1", "fe80::1",
		"febf::1", "fc00::1", "fd12:3456::1", "64:ff9b::7f00:1",
		"2002:7f00:1::", "2001::1", "::ffff:127.0.0.1",
		"::ffff:10.1.2.3" };

	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		assert_false(allowed(list[i], false));
		assert_true(allowed(list[i], true));
	}
}

static void
test_metadata_is_never_allowed(void **state)
{
	static const char *const list[] = { "169.254.169.254",
		"::ffff:169.254.169.254", "169.254.170.2", "100.100.100.200",
		"168.63.129.16", "fd00:ec2::254", "0.0.0.0", "0.1.2.3",
		"::", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
		"ff02::1" };

	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		assert_false(allowed(list[i], false));
		assert_false(allowed(list[i], true));
	}
}

static void
test_other_families_are_not_allowed(void **state)
{
	struct sockaddr local = { .sa_family = AF_UNIX };

	assert_false(address_is_allowed(&local, true));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_public_is_allowed),
		cmocka_unit_test(test_private_needs_leave),
		cmocka_unit_test(test_metadata_is_never_allowed),
		cmocka_unit_test(test_other_families_are_not_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
