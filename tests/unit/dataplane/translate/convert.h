/*
 * convert.h - one request or one answer through the translation, for the
 * tests of the dialects.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/arena.h"
#include "common/clock.h"
#include "dataplane/translate/answer.h"
#include "dataplane/translate/facts.h"
#include "dataplane/translate/translate.h"

/* An arena for one test; converted() gives the body, or "" for a refusal. */
struct conversion {
	struct arena arena;
	struct outbound outbound;
	struct translate_fault fault;
	enum status status;
	struct buf out;
	struct answer_state state;
};

[[maybe_unused]] static void
conversion_init(struct conversion *c)
{
	*c = (struct conversion){ .status = OK };
	arena_init(&c->arena, 0);
	buf_init(&c->out, 1 << 20);
	clock_pin_wall(1700000000 * US_PER_S);
}

[[maybe_unused]] static void
conversion_done(struct conversion *c)
{
	buf_done(&c->out);
	arena_done(&c->arena);
	clock_pin_wall(0);
}

[[maybe_unused]] static void
convert(struct conversion *c, const struct dialect *client, const char *kind,
    const char *model, const char *body)
{
	const struct provider_kind *provider =
	    provider_kind_find(str_from(kind));
	struct translate_input in = {
		.client = client,
		.upstream = provider->dialect,
		.quirks = provider->quirks,
		.body = str_from(body),
		.upstream_model = str_from(model),
	};
	struct facts facts;
	struct facts_fault fault;

	assert_int_equal(
	    facts_read(client, &c->arena, in.body, &facts, &fault), OK);
	in.facts = &facts;
	c->status = translate_request(&c->arena, &in, &c->outbound, &c->fault);
}

/* The body must hold the piece. */
#define assert_body_has(c, piece) \
	assert_true(str_find((c)->outbound.body, str_from(piece)) >= 0)
#define assert_body_lacks(c, piece) \
	assert_true(str_find((c)->outbound.body, str_from(piece)) < 0)
#define assert_str(s, wanted)                                      \
	do {                                                       \
		struct str seen_ = (s);                            \
		assert_int_equal(seen_.len, sizeof(wanted) - 1);   \
		assert_memory_equal(seen_.ptr, wanted, seen_.len); \
	} while (0)

/* Feeds the whole answer; the state's texts live until conversion_done(). */
[[maybe_unused]] static void
reply(struct conversion *c, const struct dialect *client, const char *kind,
    bool stream, const char *bytes)
{
	const struct provider_kind *provider =
	    provider_kind_find(str_from(kind));
	struct answer_plan plan = {
		.client = client,
		.upstream = provider->dialect,
		.quirks = provider->quirks,
		.client_stream = stream,
		.upstream_stream = stream,
		.include_usage = true,
		.model = STR("m"),
		.request_id = STR("req_1"),
		.event_max_bytes = 1 << 16,
		.whole_max_bytes = 1 << 16,
	};
	struct answer *answer = answer_new(&c->arena, &plan);

	answer_feed(answer, str_from(bytes), &c->out);
	answer_end(answer, &c->out);
	c->state = *answer_state(answer);
}

#define assert_out_has(c, piece) \
	assert_true(str_find(buf_str(&(c)->out), str_from(piece)) >= 0)
#define assert_out_lacks(c, piece) \
	assert_true(str_find(buf_str(&(c)->out), str_from(piece)) < 0)
