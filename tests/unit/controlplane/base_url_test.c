/* Addresses of providers: the form, and what looks private. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "controlplane/api/base_url.h"

static void
good_ones_pass(void **state)
{
	static const char *const urls[] = { "https://api.openai.com/v1",
		"http://example.com", "HTTPS://Example.COM:8443/a/b/",
		"https://ark.cn-beijing.volces.com/api/v3",
		"http://127.0.0.1:7700", "http://[::1]:80/v1",
		"https://a_b.example", "https://x.com/..a/b..",
		"https://123.example" };

	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		const char *wrong = base_url_fault(str_from(urls[i]));

		if (wrong != NULL)
			fail_msg("%s: %s", urls[i], wrong);
	}
}

static void
bad_ones_do_not(void **state)
{
	static const char *const urls[] = { "", "x", "ftp://x.com", "https://",
		"https:///v1", "http://a b", "http://a\tb", "https://u:p@x.com",
		"https://x.com?q=1", "https://x.com#f", "https://x.com\\y",
		"https://127.1", "https://0x7f000001", "https://2130706433",
		"https://1.2.3.4.5", "https://256.1.1.1", "https://[::1",
		"https://[x]", "https://[::1]x",
		"https://x.com:", "https://x.com:0", "https://x.com:99999",
		"https://x.com:8a", "https://x..", "https://x.com/../a",
		"https://x.com/a/..", "https://.",
		"https://gr\xc3\xb6\xc3\x9f.de", "https://x.com/\x7f" };

	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		if (base_url_fault(str_from(urls[i])) == NULL)
			fail_msg("%s passed", urls[i]);
	}
}

static void
private_ones_are_known(void **state)
{
	static const char *const urls[] = { "http://127.0.0.1:1/x",
		"http://10.255.0.1", "http://172.31.9.9", "http://192.168.0.1",
		"http://169.254.169.254/latest", "http://100.64.0.1",
		"http://0.0.0.0", "http://255.1.1.1", "http://[::1]",
		"http://[::]", "http://[fd12::1]", "http://[fe80::1]",
		"http://[ff02::1]", "http://[::ffff:10.0.0.1]",
		"http://[64:ff9b::7f00:1]", "http://localhost:80",
		"http://a.LOCALHOST", "http://printer.local",
		"http://metadata.google.internal" };

	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		assert_null(base_url_fault(str_from(urls[i])));
		if (!base_url_is_private(str_from(urls[i])))
			fail_msg("%s is not private", urls[i]);
	}
}

static void
public_ones_are_not_private(void **state)
{
	static const char *const urls[] = { "https://api.openai.com/v1",
		"http://8.8.8.8", "http://172.32.0.1", "http://172.15.0.1",
		"http://100.128.0.1", "http://11.0.0.1",
		"http://[2606:4700::1]", "http://[::ffff:8.8.8.8]",
		"https://localhost.example.com", "https://internal.example" };

	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		if (base_url_is_private(str_from(urls[i])))
			fail_msg("%s is private", urls[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_ones_pass),
		cmocka_unit_test(bad_ones_do_not),
		cmocka_unit_test(private_ones_are_known),
		cmocka_unit_test(public_ones_are_not_private),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
