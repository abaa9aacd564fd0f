/*
 * usage.c - what was used, and what it cost, over time and by whom.
 */
#include "controlplane/store/usage.h"

#include <stdio.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/money.h"
#include "controlplane/api/listing.h"
#include "controlplane/api/period.h"
#include "controlplane/api/tables.h"
#include "controlplane/http/route.h"
#include "controlplane/store/document.h"
#include "controlplane/store/outcome.h"

#define QUARTER_US (15 * 60 * US_PER_S)
#define DEFAULT_PERIOD_US (24LL * 3600 * US_PER_S)
#define BUCKETS_MAX 3000
#define ROWS_MAX 10000

static const char *const groups[] = { "tenant", "team", "key", "provider",
	"model", "alias", "outcome", NULL };

static const struct {
	const char *word;
	int64_t length_s;
} buckets[] = {
	{ "15m", 900 },
	{ "1h", 3600 },
	{ "1d", 86400 },
	{ "none", 0 },
};

static const char *const bucket_words[] = { "15m", "1h", "1d", "none", NULL };

static const struct field query_fields[] = {
	{ "from", FIELD_TIME, FIELD_ON_CREATE,
	    .help = "Rounded down to a quarter; a day before to if left out." },
	{ "to", FIELD_TIME, FIELD_ON_CREATE, .help = "Now when left out." },
	{ "bucket", FIELD_TEXT, FIELD_ON_CREATE, 1, 8, .words = bucket_words,
	    .fallback = "\"none\"", .help = "How time is divided (UTC)." },
	{ "group_by", FIELD_TEXT, FIELD_ON_CREATE | FIELD_MANY, 1, 16, 7,
	    .words = groups, .fallback = "[]",
	    .help = "Repeat it, or separate by commas." },
	{ "tenant_id", FIELD_REF, FIELD_ON_CREATE, .kind = KIND_TENANT,
	    .help = "Only of this tenant." },
	{ "team_id", FIELD_REF, FIELD_ON_CREATE, .kind = KIND_TEAM,
	    .help = "Only of this team." },
	{ "key_id", FIELD_REF, FIELD_ON_CREATE, .kind = KIND_KEY,
	    .help = "Only with this key." },
	{ "provider", FIELD_REF, FIELD_ON_CREATE, .kind = KIND_PROVIDER,
	    .help = "Only from this provider." },
	{ "model", FIELD_TEXT, FIELD_ON_CREATE, 1, 200,
	    .help = "Only for this model, or answered by it." },
	{ "outcome", FIELD_TEXT, FIELD_ON_CREATE, 1, 32, .words = outcome_words,
	    .help = "Only what ended so." },
};

static const struct shape usage_query_shape = {
	.name = "UsageQuery",
	SHAPE_FIELDS(query_fields),
};

/* Dimensions are there when they were grouped by. */
static const struct field result_fields[] = {
	{ "tenant_id", FIELD_REF, FIELD_ON_READ, .kind = KIND_TENANT,
	    .help = "Id of the tenant." },
	{ "tenant", FIELD_TEXT, FIELD_ON_READ, .help = "Its slug." },
	{ "team_id", FIELD_REF, FIELD_ON_READ, .kind = KIND_TEAM,
	    .help = "Id of the team." },
	{ "team", FIELD_TEXT, FIELD_ON_READ, .help = "Its slug." },
	{ "key_id", FIELD_REF, FIELD_ON_READ, .kind = KIND_KEY,
	    .help = "Id of the key." },
	{ "key", FIELD_TEXT, FIELD_ON_READ, .help = "Its slug." },
	{ "provider_id", FIELD_REF, FIELD_ON_READ, .kind = KIND_PROVIDER,
	    .help = "Id of the provider." },
	{ "provider", FIELD_TEXT, FIELD_ON_READ, .help = "Its slug." },
	{ "model", FIELD_TEXT, FIELD_ON_READ,
	    .help = "The model that answered." },
	{ "alias", FIELD_TEXT, FIELD_ON_READ,
	    .help = "The model that was asked for." },
	{ "outcome", FIELD_TEXT, FIELD_ON_READ, .words = outcome_words,
	    .help = "How it ended." },
	{ "requests", FIELD_INT, FIELD_ON_READ, .help = "How many." },
	{ "input_tokens", FIELD_INT, FIELD_ON_READ,
	    .help = "Of prompts, cached ones too." },
	{ "cached_tokens", FIELD_INT, FIELD_ON_READ,
	    .help = "Of which came from caches." },
	{ "cache_write_5m_tokens", FIELD_INT, FIELD_ON_READ,
	    .help = "Of which went into them for five minutes." },
	{ "cache_write_1h_tokens", FIELD_INT, FIELD_ON_READ,
	    .help = "Of which went into them for an hour." },
	{ "output_tokens", FIELD_INT, FIELD_ON_READ,
	    .help = "Of answers, reasoning too." },
	{ "reasoning_tokens", FIELD_INT, FIELD_ON_READ,
	    .help = "Of which was reasoning." },
	{ "cost_usd", FIELD_TEXT, FIELD_ON_READ,
	    .help = "Without the unpriced ones." },
	{ "estimated_requests", FIELD_INT, FIELD_ON_READ,
	    .help = "Whose tokens we counted ourselves." },
	{ "unpriced_requests", FIELD_INT, FIELD_ON_READ,
	    .help = "That had no price." },
};

static const struct shape result_shape = {
	.name = "UsageResult",
	SHAPE_FIELDS(result_fields),
};

static const struct field bucket_fields[] = {
	{ "start", FIELD_TIME, FIELD_ON_READ, .help = "Where it begins." },
	{ "end", FIELD_TIME, FIELD_ON_READ, .help = "Where it ends." },
	{ "results", FIELD_OBJECT, FIELD_ON_READ | FIELD_MANY,
	    .shape = &result_shape, .help = "One for each group." },
};

static const struct shape bucket_shape = {
	.name = "UsageBucket",
	SHAPE_FIELDS(bucket_fields),
};

static const struct field report_fields[] = {
	{ "from", FIELD_TIME, FIELD_ON_READ, .help = "Where it begins." },
	{ "to", FIELD_TIME, FIELD_ON_READ, .help = "Where it ends." },
	{ "buckets", FIELD_OBJECT, FIELD_ON_READ | FIELD_MANY,
	    .shape = &bucket_shape, .help = "Those with any usage." },
};

static const struct shape report_shape = {
	.name = "UsageReport",
	SHAPE_FIELDS(report_fields),
};

static unsigned
group_bits(const json_t *words)
{
	unsigned bits = 0;

	for (size_t i = 0; groups[i] != NULL; i++) {
		for (size_t k = 0; k < json_array_size(words); k++) {
			if (str_eq(json_text(json_array_get(words, k)),
				str_from(groups[i])))
				bits |= 1u << i;
		}
	}
	return bits;
}

static int64_t
bucket_length_s(struct str word)
{
	for (size_t i = 0; i < ARRAY_LEN(buckets); i++) {
		if (str_eq(word, str_from(buckets[i].word)))
			return buckets[i].length_s;
	}
	return 0;
}

static enum status
read_query(struct call *call, struct usage_query *query)
{
	struct period period = { 0 };
	enum status s = period_read(call, DEFAULT_PERIOD_US, &period);

	if (s != OK)
		return s;
	*query = (struct usage_query){
		.from_us = period.from_us - period.from_us % QUARTER_US,
		.to_us = period.to_us,
		.bucket_s = bucket_length_s(call_param(call, "bucket")),
		.group_by =
		    group_bits(json_object_get(call->query, "group_by")),
		.tenant = call->principal.tenant,
		.limit = ROWS_MAX + 1,
	};
	if (query->bucket_s > 0 &&
	    (query->to_us - query->from_us) / US_PER_S / query->bucket_s >
		BUCKETS_MAX)
		fault_add(&call->problem.faults, STR("/bucket"), "range",
		    "that would be more than %d buckets", BUCKETS_MAX);
	return call_faults(call);
}

static void
humanise(json_t *row)
{
	int64_t nano = json_integer_value(json_object_get(row, "cost_nano"));
	json_t *outcome = json_object_get(row, "outcome");
	char text[MONEY_TEXT_SIZE];

	document_set(row, "cost_usd", str_from(money_format_usd(nano, text)));
	if (json_is_integer(outcome))
		document_set(row, "outcome",
		    str_from(outcome_word(json_integer_value(outcome))));
}

/* Leaves out the dimensions that were not grouped by. */
static void
drop_others(json_t *row, unsigned group_by)
{
	char id[16];

	for (size_t i = 0; groups[i] != NULL; i++) {
		if (group_by & 1u << i)
			continue;
		json_object_del(row, groups[i]);
		snprintf(id, sizeof(id), "%s_id", groups[i]);
		json_object_del(row, id);
	}
}

static json_t *
new_bucket(const struct usage_query *query, struct str start)
{
	json_t *bucket = json_pack("{s:[]}", "results");
	char text[CLOCK_TEXT_SIZE];
	int64_t start_us;
	int64_t end_us = query->to_us;

	if (query->bucket_s > 0 && clock_parse(start, &start_us) == OK)
		end_us = start_us + query->bucket_s * US_PER_S;
	document_set(bucket, "start", start);
	document_set(bucket, "end", str_from(clock_format(end_us, text)));
	return bucket;
}

/* Rows come ordered by bucket. */
static json_t *
make_report(const struct usage_query *query, const json_t *rows)
{
	json_t *report = json_object();
	json_t *list = json_array();
	char text[CLOCK_TEXT_SIZE];
	json_t *bucket = NULL;

	for (size_t i = 0; i < json_array_size(rows); i++) {
		json_t *row = json_array_get(rows, i);
		struct str start = document_member(row, "start");

		if (bucket == NULL ||
		    !str_eq(document_member(bucket, "start"), start)) {
			bucket = new_bucket(query, start);
			json_array_append_new(list, bucket);
		}
		humanise(row);
		drop_others(row, query->group_by);
		json_array_append(json_object_get(bucket, "results"), row);
	}
	document_set(
	    report, "from", str_from(clock_format(query->from_us, text)));
	document_set(report, "to", str_from(clock_format(query->to_us, text)));
	json_object_set_new(report, "buckets", list);
	return report;
}

static enum status
usage_get(struct call *call)
{
	struct tx CLEANUP(tx_rollback) tx = { 0 };
	struct listing listing;
	struct usage_query query;
	json_t *rows;
	enum status s = read_query(call, &query);

	if (s == OK)
		s = listing_read(call, &listing);
	if (s != OK)
		return s;
	tx_begin(&tx, call->db, &call->arena);
	s = listing_resolve(call, &tx, &listing, &query.filter);
	if (s != OK)
		return s;
	outcome_to_number(query.filter);
	rows = usage_totals_list(&tx, &query);
	s = tx_commit(&tx);
	if (s != OK)
		return s;
	if (json_array_size(rows) > ROWS_MAX)
		return call_fail(call, E_INVALID, "too_many_rows",
		    "more than %d groups; ask for less", ROWS_MAX);
	return reply_ok(call,
	    shape_show(&call->arena, &report_shape,
		document_keep(&call->arena, make_report(&query, rows))));
}

static const struct route routes[] = {
	{ "GET", "/admin/v1/usage", PERMISSION_USAGE_READ, usage_get,
	    "Add up usage", .shape = &report_shape,
	    .query = &usage_query_shape },
	{ "GET", "/admin/v1/costs", PERMISSION_COST_READ, usage_get,
	    "Add up costs", .shape = &report_shape,
	    .query = &usage_query_shape },
};

const struct route_table usage_routes = ROUTE_TABLE(routes);
