/*
 * requests.c - single requests: what became of each, never what was in it.
 */
#include "controlplane/store/requests.h"

#include "common/clock.h"
#include "common/money.h"
#include "controlplane/api/listing.h"
#include "controlplane/api/period.h"
#include "controlplane/api/tables.h"
#include "controlplane/http/route.h"
#include "controlplane/store/document.h"
#include "controlplane/store/outcome.h"

#define DEFAULT_PERIOD_US (7LL * 24 * 3600 * US_PER_S)
#define PERIOD_MAX_US (31LL * 24 * 3600 * US_PER_S)

static const struct field attempt_fields[] = {
	{ "provider", FIELD_TEXT, FIELD_ON_READ, .help = "Slug." },
	{ "upstream_model", FIELD_TEXT, FIELD_ON_READ,
	    .help = "What was asked of it." },
	{ "http_status", FIELD_INT, FIELD_ON_READ,
	    .help = "What it answered; 0: nothing." },
	{ "failure", FIELD_TEXT, FIELD_ON_READ,
	    .help = "Empty when it served." },
	{ "duration_us", FIELD_INT, FIELD_ON_READ, .help = "How long." },
};

static const struct shape attempt_shape = {
	.name = "RequestAttempt",
	SHAPE_FIELDS(attempt_fields),
};

static const struct field fields[] = {
	{ "request_id", FIELD_REF, FIELD_ON_READ, .kind = KIND_REQUEST,
	    .help = "As in x-weir-request-id." },
	{ "ts", FIELD_TIME, FIELD_ON_READ, .help = "When it came in." },
	{ "tenant_id", FIELD_REF, FIELD_ON_READ, .kind = KIND_TENANT,
	    .help = "Whose it was." },
	{ "team_id", FIELD_REF, FIELD_ON_READ, .kind = KIND_TEAM,
	    .help = "Whose it was." },
	{ "key_id", FIELD_REF, FIELD_ON_READ, .kind = KIND_KEY,
	    .help = "With which key." },
	{ "provider", FIELD_TEXT, FIELD_ON_READ,
	    .help = "Slug of the provider that answered last." },
	{ "model", FIELD_TEXT, FIELD_ON_READ,
	    .help = "The model that answered." },
	{ "alias", FIELD_TEXT, FIELD_ON_READ,
	    .help = "The model that was asked for." },
	{ "outcome", FIELD_TEXT, FIELD_ON_READ, .words = outcome_words,
	    .help = "How it ended." },
	{ "http_status", FIELD_INT, FIELD_ON_READ,
	    .help = "What the client saw; 0: nothing." },
	{ "error_code", FIELD_TEXT, FIELD_ON_READ,
	    .help = "The code of the error the client saw." },
	{ "input_tokens", FIELD_INT, FIELD_ON_READ,
	    .help = "All of the prompt, cached ones too." },
	{ "cached_tokens", FIELD_INT, FIELD_ON_READ,
	    .help = "Of which came from the provider's cache." },
	{ "cache_write_5m_tokens", FIELD_INT, FIELD_ON_READ,
	    .help = "Of which went into it for five minutes." },
	{ "cache_write_1h_tokens", FIELD_INT, FIELD_ON_READ,
	    .help = "Of which went into it for an hour." },
	{ "output_tokens", FIELD_INT, FIELD_ON_READ,
	    .help = "All of the answer, reasoning too." },
	{ "reasoning_tokens", FIELD_INT, FIELD_ON_READ,
	    .help = "Of which was reasoning." },
	{ "cost_usd", FIELD_TEXT, FIELD_ON_READ,
	    .help = "What it cost; null when there is no price." },
	{ "estimated", FIELD_BOOL, FIELD_ON_READ,
	    .help = "Tokens were counted by us, not by the provider." },
	{ "unpriced", FIELD_BOOL, FIELD_ON_READ,
	    .help = "There was no price for it." },
	{ "stream", FIELD_BOOL, FIELD_ON_READ, .help = "It was streamed." },
	{ "dialect", FIELD_TEXT, FIELD_ON_READ,
	    .help = "How the client spoke." },
	{ "attempts", FIELD_INT, FIELD_ON_READ,
	    .help = "How many targets were tried." },
	{ "latency_ms", FIELD_INT, FIELD_ON_READ,
	    .help = "From its first byte to the answer's last." },
	{ "ttft_ms", FIELD_INT, FIELD_ON_READ,
	    .help = "To the first content; null when none came." },
	{ "upstream_ms", FIELD_INT, FIELD_ON_READ,
	    .help = "Of which waiting for providers." },
	{ "count", FIELD_INT, FIELD_ON_READ,
	    .help = "Refusals this row stands for." },
	{ "route", FIELD_TEXT, FIELD_ON_READ,
	    .help = "Slug of the route it took." },
	{ "route_reason", FIELD_TEXT, FIELD_ON_READ,
	    .help = "Why it went there." },
	{ "gateway", FIELD_TEXT, FIELD_ON_READ,
	    .help = "Slug of the gateway it came through." },
	{ "config_rev", FIELD_INT, FIELD_ON_READ,
	    .help = "The configuration it was served under." },
	{ "labels", FIELD_MAP, FIELD_ON_READ, .help = "Of key and caller." },
	{ "attempt_list", FIELD_OBJECT, FIELD_ON_READ | FIELD_MANY,
	    .shape = &attempt_shape, .help = "Every target tried." },
};

static const struct shape request_shape = {
	.name = "Request",
	SHAPE_FIELDS(fields),
};

static const struct field list_fields[] = {
	{ "limit", FIELD_INT, FIELD_ON_CREATE, 1, 200, .fallback = "50",
	    .help = "Most rows of a page." },
	{ "page_token", FIELD_TEXT, FIELD_ON_CREATE, 1, 200,
	    .help = "next_page_token of the page before." },
	{ "from", FIELD_TIME, FIELD_ON_CREATE,
	    .help = "A week before to when left out." },
	{ "to", FIELD_TIME, FIELD_ON_CREATE, .help = "Now when left out." },
	{ "tenant_id", FIELD_REF, FIELD_ON_CREATE, .kind = KIND_TENANT,
	    .help = "Only those of this tenant." },
	{ "team_id", FIELD_REF, FIELD_ON_CREATE, .kind = KIND_TEAM,
	    .help = "Only those of this team." },
	{ "key_id", FIELD_REF, FIELD_ON_CREATE, .kind = KIND_KEY,
	    .help = "Only those with this key." },
	{ "provider", FIELD_REF, FIELD_ON_CREATE, .kind = KIND_PROVIDER,
	    .help = "Only those this provider answered." },
	{ "model", FIELD_TEXT, FIELD_ON_CREATE, 1, 200,
	    .help = "Only those for this model, or answered by it." },
	{ "outcome", FIELD_TEXT, FIELD_ON_CREATE, 1, 32, .words = outcome_words,
	    .help = "Only those that ended so." },
};

static const struct shape list_query = {
	.name = "RequestList",
	SHAPE_FIELDS(list_fields),
};

static void
set_ms(json_t *row, const char *from, const char *to, bool zero_is_none)
{
	json_int_t us = json_integer_value(json_object_get(row, from));

	json_object_set_new(row, to,
	    us == 0 && zero_is_none ? json_null()
				    : json_integer((us + 500) / 1000));
}

/* From the numbers rows hold to what people read. */
static void
humanise(json_t *row)
{
	int64_t outcome = json_integer_value(json_object_get(row, "outcome"));
	int64_t nano = json_integer_value(json_object_get(row, "cost_nano"));
	char text[MONEY_TEXT_SIZE];

	document_set(row, "outcome", str_from(outcome_word(outcome)));
	set_ms(row, "latency_us", "latency_ms", false);
	set_ms(row, "upstream_us", "upstream_ms", false);
	set_ms(row, "ttft_us", "ttft_ms", true);
	if (json_is_true(json_object_get(row, "unpriced")))
		json_object_set_new(row, "cost_usd", json_null());
	else
		document_set(
		    row, "cost_usd", str_from(money_format_usd(nano, text)));
}

static struct page_place
place_of(const json_t *row)
{
	struct page_place place = { 0 };

	if (id_from_uuid(document_member(row, "request_id"), &place.id) != OK ||
	    clock_parse(document_member(row, "ts"), &place.number) != OK)
		return (struct page_place){ 0 };
	return place;
}

static enum status
read_query(struct call *call, const struct listing *listing,
    struct request_query *query)
{
	struct period period = { 0 };
	enum status s = period_read(call, DEFAULT_PERIOD_US, &period);

	if (s != OK)
		return s;
	if (period.to_us - period.from_us > PERIOD_MAX_US)
		fault_add(&call->problem.faults, STR("/from"), "range",
		    "at most 31 days at once");
	*query = (struct request_query){
		.from_us = period.from_us,
		.to_us = period.to_us,
		.before_us = listing->after.number,
		.before = listing->after.id,
		.limit = listing->limit + 1,
		.tenant = call->principal.tenant,
	};
	return call_faults(call);
}

static enum status
request_list(struct call *call)
{
	struct tx CLEANUP(tx_rollback) tx = { 0 };
	struct request_query query;
	struct listing listing;
	json_t *rows;
	enum status s = listing_read(call, &listing);

	if (s == OK)
		s = read_query(call, &listing, &query);
	if (s != OK)
		return s;
	tx_begin(&tx, call->db, &call->arena);
	s = listing_resolve(call, &tx, &listing, &query.filter);
	if (s != OK)
		return s;
	outcome_to_number(query.filter);
	rows = requests_list(&tx, &query);
	s = tx_commit(&tx);
	if (s != OK)
		return s;
	for (size_t i = 0; i < json_array_size(rows); i++)
		humanise(json_array_get(rows, i));
	return listing_reply(call, &listing, rows, place_of);
}

static enum status
request_get(struct call *call)
{
	struct tx tx;
	struct id id;
	json_t *row;
	enum status s = call_id(call, KIND_REQUEST, &id);

	if (s != OK)
		return s;
	tx_begin(&tx, call->db, &call->arena);
	row = requests_get(&tx, id, call->principal.tenant);
	s = tx_commit(&tx);
	if (s != OK)
		return s;
	if (row == NULL)
		return call_fail(
		    call, E_NOT_FOUND, NULL, "there is no request of this id");
	humanise(row);
	return reply_ok(call, shape_show(&call->arena, &request_shape, row));
}

static const struct route routes[] = {
	{ "GET", "/admin/v1/requests", PERMISSION_REQUEST_READ, request_list,
	    "List requests, the newest first", .shape = &request_shape,
	    .reply = REPLY_LIST, .query = &list_query },
	{ "GET", "/admin/v1/requests/{id}", PERMISSION_REQUEST_READ,
	    request_get, "Show a request", .shape = &request_shape },
};

const struct route_table requests_routes = ROUTE_TABLE(routes);
