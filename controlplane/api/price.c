/*
 * price.c - see price.h.
 */
#include "controlplane/api/price.h"

#include "common/clock.h"
#include "common/money.h"
#include "controlplane/api/resource.h"
#include "controlplane/store/document.h"

static const char *const meters[] = { "input", "input_cached", "cache_write_5m",
	"cache_write_1h", "cache_storage_token_hour", "output", "reasoning",
	"input_audio", "input_audio_cached", "output_audio", "input_image",
	"output_image", "image", "video_second", "video_token", "audio_second",
	"character", "page", "pixel", "search_query", "tool_call",
	"session_minute", "gpu_second", "request", NULL };
static const char *const tiers[] = { "standard", "batch", "flex", "priority",
	"fast", "provisioned", NULL };
static const char *const currencies[] = { "USD", NULL };
static const char *const statuses[] = { "active", "archived", NULL };

static const char later[] = "Not supported by this version.";

static const char *
per_million_fault(struct str text)
{
	int64_t pico;

	return money_parse_per_million(text, &pico) == OK
	    ? NULL
	    : "a decimal number of USD as text, such as \"0.25\"";
}

static const char *
per_unit_fault(struct str text)
{
	int64_t pico;

	return money_parse_per_unit(text, &pico) == OK
	    ? NULL
	    : "a decimal number of USD as text, such as \"0.04\"";
}

/* Not based on the common fields: a row is named by what it prices. */
static const struct field fields[] = {
	{ "id", FIELD_ID, FIELD_ON_READ, .help = "Never changes." },
	{ "slug", FIELD_TEXT, FIELD_ON_READ,
	    .help = "Provider, model and meter." },
	{ "name", FIELD_TEXT, FIELD_ON_READ,
	    .help = "Provider, model and meter." },
	{ "labels", FIELD_MAP, FIELD_ON_READ, .help = "Always empty." },
	{ "version", FIELD_INT, FIELD_ON_READ,
	    .help = "Counts changes; the ETag." },
	{ "created_at", FIELD_TIME, FIELD_ON_READ,
	    .help = "When it was made." },
	{ "updated_at", FIELD_TIME, FIELD_ON_READ,
	    .help = "When it was last changed." },
	{ "provider", FIELD_TEXT, FIELD_FIXED | FIELD_REQUIRED, 1, 63,
	    .help = "The slug or the kind of a provider." },
	{ "model", FIELD_TEXT, FIELD_FIXED | FIELD_REQUIRED, 1, 200,
	    .help = "The upstream model, prefix* or *." },
	{ "meter", FIELD_TEXT, FIELD_FIXED | FIELD_REQUIRED, 1, 32,
	    .words = meters, .help = "What is counted." },
	{ "usd_per_million", FIELD_TEXT, FIELD_FIXED, 1, 32,
	    .check = per_million_fault,
	    .help = "USD for a million of them; or:" },
	{ "usd_per_unit", FIELD_TEXT, FIELD_FIXED, 1, 32,
	    .check = per_unit_fault, .help = "USD for one of them." },
	{ "free", FIELD_BOOL, FIELD_FIXED, .fallback = "false",
	    .help = "It costs nothing: said, not forgotten." },
	{ "currency", FIELD_TEXT, FIELD_FIXED, 1, 3, .words = currencies,
	    .fallback = "\"USD\"", .help = "USD." },
	{ "tenant_id", FIELD_REF, FIELD_FIXED, .kind = KIND_TENANT,
	    .help = "Only for this tenant; it wins over the others." },
	{ "layer", FIELD_INT, FIELD_ON_READ,
	    .help = "0 catalogue, 2 platform, 3 tenant; the highest wins." },
	{ "tier", FIELD_TEXT, FIELD_FIXED, 1, 32, .words = tiers,
	    .fallback = "\"standard\"", .help = "The provider's tier." },
	{ "ctx_above", FIELD_INT, FIELD_FIXED, 0, INT32_MAX, .fallback = "0",
	    .help = "Only for prompts of more tokens than this." },
	{ "valid_from", FIELD_TIME, FIELD_FIXED,
	    .help = "From when on; now when left out." },
	{ "valid_to", FIELD_TIME, FIELD_ON_READ,
	    .help = "Until when; null while it is open." },
	{ "source", FIELD_TEXT, FIELD_FIXED, 1, 500, .fallback = "\"admin\"",
	    .help = "Where the figure is from." },
	{ "deployment_id", FIELD_REFUSED, FIELD_INPUT, .help = later },
	{ "variant", FIELD_REFUSED, FIELD_INPUT, .help = later },
	{ "status", FIELD_TEXT, FIELD_ON_READ, .words = statuses,
	    .help = "archived once valid_to has passed." },
};

const struct shape price_shape = {
	.name = "Price",
	.kind = KIND_PRICE,
	SHAPE_FIELDS(fields),
};

static void
add_fault(struct change *change, struct str base, const char *name,
    const char *code, const char *detail)
{
	fault_add(&change->call->problem.faults,
	    str_printf(&change->call->arena, "%.*s/%s", STR_ARGS(base), name),
	    code, "%s", detail);
}

/* -1 when there is no amount, or it makes no sense. */
static int64_t
read_amount(const json_t *row)
{
	struct str million = document_member(row, "usd_per_million");
	struct str unit = document_member(row, "usd_per_unit");
	int64_t pico = -1;

	if (!str_is_empty(million) &&
	    money_parse_per_million(million, &pico) != OK)
		return -1;
	if (!str_is_empty(unit) && money_parse_per_unit(unit, &pico) != OK)
		return -1;
	return pico;
}

static int64_t
complete_amount(struct change *change, json_t *row, struct str base)
{
	bool is_free = json_is_true(json_object_get(row, "free"));
	bool has_million =
	    json_is_string(json_object_get(row, "usd_per_million"));
	bool has_unit = json_is_string(json_object_get(row, "usd_per_unit"));
	int64_t pico = read_amount(row);

	if (has_million && has_unit)
		add_fault(change, base, "usd_per_unit", "conflict",
		    "one of usd_per_million and usd_per_unit");
	else if (!has_million && !has_unit && !is_free)
		add_fault(change, base, "usd_per_million", "required",
		    "give usd_per_million, usd_per_unit or free");
	else if (pico == 0 && !is_free)
		add_fault(change, base, "free", "required",
		    "a price of 0 must say \"free\": true");
	else if (pico > 0 && is_free)
		add_fault(change, base, "free", "conflict",
		    "what is free has no price");
	return i64_max(pico, 0);
}

void
price_complete(struct change *change, json_t *row, struct str base)
{
	int64_t pico = complete_amount(change, row, base);
	char now[CLOCK_TEXT_SIZE];

	json_object_set_new(row, "pico_per_unit", json_integer(pico));
	if (str_is_empty(document_member(row, "valid_from")))
		document_set(row, "valid_from",
		    str_from(clock_format(clock_wall_us(), now)));
}
