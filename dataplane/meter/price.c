/*
 * price.c - picks a row per meter, adds up in 128 bits, rounds once.
 *
 * Of the rows that fit (tenant, time, context size) the highest layer wins,
 * then an exact model name before a prefix (the longer prefix first), then
 * the largest context threshold.
 */
#include "dataplane/meter/price.h"

#include "common/arena.h"
#include "common/base.h"
#include "common/money.h"
#include "dataplane/snapshot/snapshot.h"

struct rows {
	const struct snapshot_price *const *rows;
	size_t count;
	const struct price_question *question;
};

static bool
is_fitting(const struct snapshot_price *row, const struct price_question *q)
{
	if (!id_is_zero(row->tenant_id) &&
	    (q->tenant == NULL || !id_eq(row->tenant_id, q->tenant->id)))
		return false;
	if (q->wall_us < row->from_us)
		return false;
	if (row->to_us != 0 && q->wall_us >= row->to_us)
		return false;
	return row->ctx_above == 0 || q->tokens.input > row->ctx_above;
}

static bool
is_better(const struct snapshot_price *row, const struct snapshot_price *best)
{
	if (best == NULL || row->layer != best->layer)
		return best == NULL || row->layer > best->layer;
	if (row->is_prefix != best->is_prefix)
		return !row->is_prefix;
	if (row->model.len != best->model.len)
		return row->model.len > best->model.len;
	return row->ctx_above > best->ctx_above;
}

static const struct snapshot_price *
find(const struct rows *rows, struct str meter)
{
	const struct snapshot_price *best = NULL;

	for (size_t i = 0; i < rows->count; i++) {
		const struct snapshot_price *row = rows->rows[i];

		if (str_eq(row->meter, meter) &&
		    is_fitting(row, rows->question) && is_better(row, best))
			best = row;
	}
	return best;
}

static void
note_row(struct price_answer *answer, uint32_t sid)
{
	for (size_t i = 0; i < answer->row_count; i++)
		if (answer->row_sids[i] == sid)
			return;
	if (answer->row_count < PRICE_ROWS_MAX)
		answer->row_sids[answer->row_count++] = sid;
}

/* What a meter without a price of its own is billed as. */
static const struct {
	const char *meter;
	const char *stand_in;
} stand_ins[] = {
	{ "cache_write_1h", "cache_write_5m" },
	{ "cache_write_5m", "input" },
	{ "input_cached", "input" },
	{ "reasoning", "output" },
};

static const struct snapshot_price *
find_or_stand_in(const struct rows *rows, struct str meter)
{
	const struct snapshot_price *row = find(rows, meter);

	for (size_t i = 0; i < ARRAY_LEN(stand_ins) && row == NULL; i++) {
		if (!str_eq(meter, str_from(stand_ins[i].meter)))
			continue;
		meter = str_from(stand_ins[i].stand_in);
		row = find(rows, meter);
	}
	return row;
}

struct bill {
	struct rows rows;
	__int128 pico;
	struct price_answer answer;
};

static void
charge(struct bill *bill, struct str meter, int64_t count)
{
	const struct snapshot_price *row;

	if (count <= 0)
		return;
	row = find_or_stand_in(&bill->rows, meter);
	if (row == NULL) {
		bill->answer.unpriced = true;
		return;
	}
	bill->pico += (__int128)count * row->pico_per_unit;
	note_row(&bill->answer, row->sid);
}

static int64_t
round_up_nano(__int128 pico)
{
	__int128 nano = (pico + PICO_PER_NANO - 1) / PICO_PER_NANO;

	return nano > INT64_MAX ? INT64_MAX : (int64_t)nano;
}

struct price_answer
price_tokens(const struct snapshot *snapshot, struct arena *arena,
    const struct price_question *question)
{
	const struct tokens *t = &question->tokens;
	struct bill bill = { .rows.question = question };

	bill.rows.rows = snapshot_prices(snapshot, question->provider,
	    question->upstream_model, arena, &bill.rows.count);
	charge(&bill, STR("input"),
	    t->input - t->cached - t->cache_write_5m - t->cache_write_1h);
	charge(&bill, STR("input_cached"), t->cached);
	charge(&bill, STR("cache_write_5m"), t->cache_write_5m);
	charge(&bill, STR("cache_write_1h"), t->cache_write_1h);
	charge(&bill, STR("output"), t->output - t->reasoning);
	charge(&bill, STR("reasoning"), t->reasoning);
	bill.answer.cost_nano = round_up_nano(bill.pico);
	return bill.answer;
}
