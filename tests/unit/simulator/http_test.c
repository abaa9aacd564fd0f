/* http_test.c - taking requests out of bytes. */
#include "simulator/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define BODY_MAX 64

/* Whole text at once. */
static enum status
parse(const char *text, struct http_request *out, size_t *out_used)
{
	static struct http_parser parser;
	static bool is_open;

	if (is_open)
		http_parser_done(&parser);
	is_open = true;
	http_parser_init(&parser, BODY_MAX);
	return http_parse(&parser, str_from(text), out, out_used);
}

static void
assert_text(struct str s, const char *expected)
{
	assert_true(str_eq(s, str_from(expected)));
}

static void
test_takes_a_request_with_a_length(void **state)
{
	struct http_request req;
	size_t used;

	assert_int_equal(
	    parse("POST /v1/x?key=a%20b&alt=sse HTTP/1.1\r\n"
		  "Host: a\r\nX-Empty:\r\nContent-Length: 5\r\n\r\nhelloGET",
		&req, &used),
	    OK);
	assert_text(req.method, "POST");
	assert_text(req.path, "/v1/x");
	assert_text(req.body, "hello");
	assert_text(http_header(&req, STR("HOST")), "a");
	assert_text(http_header(&req, STR("x-empty")), "");
	assert_text(http_query(&req, STR("alt")), "sse");
	assert_text(http_query(&req, STR("key")), "a%20b");
	assert_text(http_query(&req, STR("al")), "");
	assert_true(req.is_keep_alive);
	assert_int_equal(req.header_count, 3);
}

static void
test_takes_pipelined_requests_one_by_one(void **state)
{
	const struct str both =
	    STR("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.0\r\n\r\n");
	struct http_request req;
	struct http_parser p;
	size_t used;

	http_parser_init(&p, BODY_MAX);
	assert_int_equal(http_parse(&p, both, &req, &used), OK);
	assert_text(req.path, "/a");
	assert_int_equal(http_parse(&p, str_skip(both, used), &req, &used), OK);
	assert_text(req.path, "/b");
	assert_false(req.is_keep_alive);
	http_parser_done(&p);
}

/* Gives the text in every possible pair of pieces, then byte by byte. */
static void
test_takes_a_chunked_body_however_it_arrives(void **state)
{
	const struct str text =
	    STR("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
		"3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: 1\r\n\r\n");
	struct http_request req;
	struct http_parser p;
	size_t used;

	for (size_t cut = 1; cut < text.len; cut++) {
		http_parser_init(&p, BODY_MAX);
		assert_int_equal(
		    http_parse(&p, str_head(text, cut), &req, &used), PENDING);
		assert_int_equal(http_parse(&p, text, &req, &used), OK);
		assert_text(req.body, "abc0123456789");
		assert_int_equal(used, text.len);
		http_parser_done(&p);
	}
	http_parser_init(&p, BODY_MAX);
	for (size_t len = 1; len < text.len; len++)
		assert_int_equal(
		    http_parse(&p, str_head(text, len), &req, &used), PENDING);
	assert_int_equal(http_parse(&p, text, &req, &used), OK);
	http_parser_done(&p);
}

static void
test_asks_to_continue_once(void **state)
{
	const struct str head = STR("POST / HTTP/1.1\r\nContent-Length: 1\r\n"
				    "Expect: 100-continue\r\n\r\n");
	struct http_request req;
	struct http_parser p;
	size_t used;

	http_parser_init(&p, BODY_MAX);
	assert_int_equal(http_parse(&p, head, &req, &used), PENDING);
	assert_true(http_take_continue(&p));
	assert_false(http_take_continue(&p));
	http_parser_done(&p);
}

static void
test_refuses_ambiguous_requests(void **state)
{
	static const char *const bad[] = {
		"GET / HTTP/1.1\r\nContent-Length: 1\r\n"
		"Content-Length: 1\r\n\r\nx",
		"GET / HTTP/1.1\r\nContent-Length: 1\r\n"
		"Transfer-Encoding: chunked\r\n\r\n",
		"GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
		"GET / HTTP/1.1\r\nContent-Length: +1\r\n\r\n",
		"GET / HTTP/1.1\r\nContent-Length: 1 1\r\n\r\n",
		"GET / HTTP/1.1\r\n folded: 1\r\n\r\n",
		"GET / HTTP/1.1\r\nname : 1\r\n\r\n",
		"GET / HTTP/1.1\r\nno colon\r\n\r\n",
		"GET / HTTP/1.1\r\nbare: a\nb: c\r\n\r\n",
		"GET / HTTP/2\r\n\r\n",
		"GET  / HTTP/1.1\r\n\r\n",
		"GET / HTTP/1.1 \r\n\r\n",
		"GET x HTTP/1.1\r\n\r\n",
		"G@T / HTTP/1.1\r\n\r\n",
		"\r\nGET / HTTP/1.1\r\n\r\n",
		"P / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"P / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
		"P / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
	};
	struct http_request req;
	size_t used;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(parse(bad[i], &req, &used), E_INVALID);
}

static void
test_has_limits(void **state)
{
	static char head[HTTP_HEAD_MAX_BYTES + 2];
	struct http_request req;
	size_t used;

	assert_int_equal(
	    parse("P / HTTP/1.1\r\nContent-Length: 65\r\n\r\n", &req, &used),
	    E_TOO_LARGE);
	assert_int_equal(
	    parse("P / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
		  "28\r\n0123456789012345678901234567890123456789\r\n"
		  "28\r\n0123456789012345678901234567890123456789\r\n",
		&req, &used),
	    E_TOO_LARGE);
	for (size_t i = 0; i + 1 < sizeof(head); i++)
		head[i] = 'a';
	assert_int_equal(parse(head, &req, &used), E_TOO_LARGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_takes_a_request_with_a_length),
		cmocka_unit_test(test_takes_pipelined_requests_one_by_one),
		cmocka_unit_test(test_takes_a_chunked_body_however_it_arrives),
		cmocka_unit_test(test_asks_to_continue_once),
		cmocka_unit_test(test_refuses_ambiguous_requests),
		cmocka_unit_test(test_has_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
