/*
 * resource.c - see resource.h.
 *
 * Each part of the snapshot has one function that fills a Resource from a
 * row.  Columns are those of store/snapshot.h.
 */
#include "controlplane/publish/resource.h"

#include <string.h>

#include "common/json.h"
#include "common/wire.h"
#include "controlplane/publish/jsonb.h"
#include "proto/link.pb-c.h"

void
resources_init(struct resources *r, struct arena *arena)
{
	r->arena = arena;
	arena_init(&r->kept, 0);
	map_init(&r->providers);
}

void
resources_done(struct resources *r)
{
	map_done(&r->providers);
	arena_done(&r->kept);
}

static ProtobufCBinaryData
id_data(struct resources *r, struct id id)
{
	struct str bytes = str_make(id.bytes, sizeof(id.bytes));

	if (id_is_zero(id))
		return (ProtobufCBinaryData){ 0 };
	return wire_data(str_copy(r->arena, bytes));
}

static ProtobufCBinaryData
row_id_data(struct resources *r, const struct db_rows *rows, size_t row, int at)
{
	return id_data(r, row_id(rows, row, at));
}

static char *
row_cstr(struct resources *r, const struct db_rows *rows, size_t row, int at)
{
	return (char *)str_cstr(r->arena, row_text(rows, row, at));
}

static uint32_t
row_u32(const struct db_rows *rows, size_t row, int at)
{
	return (uint32_t)row_int(rows, row, at);
}

static uint64_t
row_us(const struct db_rows *rows, size_t row, int at)
{
	return (uint64_t)i64_max(row_time(rows, row, at), 0);
}

/* text[] as the messages hold it. */
static size_t
row_cstrs(struct resources *r, const struct db_rows *rows, size_t row, int at,
    char ***out)
{
	struct str *texts;
	size_t count = row_text_array(r->arena, rows, row, at, &texts);

	*out = arena_alloc_array(r->arena, count, sizeof(**out));
	for (size_t i = 0; i < count; i++)
		(*out)[i] = (char *)str_cstr(r->arena, texts[i]);
	return count;
}

static const json_t *
row_jsonb(struct resources *r, const struct db_rows *rows, size_t row, int at)
{
	return jsonb_parse(r->arena, row_text(rows, row, at));
}

/* Every map<string, string> of the schema has entries of this shape. */
struct entry {
	ProtobufCMessage base;
	char *key;
	char *value;
};
static_assert(sizeof(struct entry) == sizeof(Weir__Link__V1__Key__LabelsEntry));
static_assert(offsetof(struct entry, value) ==
    offsetof(Weir__Link__V1__Key__LabelsEntry, value));

static size_t
make_entries(struct resources *r, const json_t *object,
    const ProtobufCMessageDescriptor *descriptor, void *out_entries)
{
	size_t count = json_object_size(object), i = 0;
	struct entry **entries =
	    arena_alloc_array(r->arena, count, sizeof(*entries));
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value)
	{
		struct entry *entry = arena_alloc(r->arena, sizeof(*entry));

		protobuf_c_message_init(descriptor, entry);
		entry->key = (char *)str_cstr(r->arena, str_from(key));
		entry->value = jsonb_text(r->arena, object, key);
		entries[i++] = entry;
	}
	memcpy(out_entries, &entries, sizeof(entries));
	return count;
}

static Weir__Link__V1__Timeouts *
make_timeouts(struct resources *r, const json_t *document)
{
	Weir__Link__V1__Timeouts *timeouts =
	    arena_alloc(r->arena, sizeof(*timeouts));

	weir__link__v1__timeouts__init(timeouts);
	timeouts->connect_ms = jsonb_number(document, "connect_ms", 0);
	timeouts->header_ms = jsonb_number(document, "header_ms", 0);
	timeouts->first_content_ms =
	    jsonb_number(document, "first_content_ms", 0);
	timeouts->idle_ms = jsonb_number(document, "idle_ms", 0);
	timeouts->total_ms = jsonb_number(document, "total_ms", 0);
	return timeouts;
}

static Weir__Link__V1__Scope *
make_scope(struct resources *r, const struct db_rows *rows, size_t row)
{
	Weir__Link__V1__Scope *scope = arena_alloc(r->arena, sizeof(*scope));

	weir__link__v1__scope__init(scope);
	scope->sid = row_u32(rows, row, SCOPE_SID);
	scope->tenant_id = row_id_data(r, rows, row, SCOPE_TENANT);
	scope->slug = row_cstr(r, rows, row, SCOPE_SLUG);
	scope->suspended = row_bool(rows, row, SCOPE_SUSPENDED);
	return scope;
}

static void
make_tenant(struct resources *r, const struct db_rows *rows, size_t row,
    Weir__Link__V1__Resource *out)
{
	out->spec_case = WEIR__LINK__V1__RESOURCE__SPEC_TENANT;
	out->tenant = make_scope(r, rows, row);
}

static void
make_team(struct resources *r, const struct db_rows *rows, size_t row,
    Weir__Link__V1__Resource *out)
{
	out->spec_case = WEIR__LINK__V1__RESOURCE__SPEC_TEAM;
	out->team = make_scope(r, rows, row);
}

/* Columns public id, pepper, verifier follow each other. */
static Weir__Link__V1__Verifier *
make_verifier(
    struct resources *r, const struct db_rows *rows, size_t row, int at)
{
	Weir__Link__V1__Verifier *verifier =
	    arena_alloc(r->arena, sizeof(*verifier));

	weir__link__v1__verifier__init(verifier);
	verifier->public_id = row_cstr(r, rows, row, at);
	verifier->pepper = row_u32(rows, row, at + 1);
	verifier->hmac = wire_data(row_bytes(r->arena, rows, row, at + 2));
	return verifier;
}

static void
make_key(struct resources *r, const struct db_rows *rows, size_t row,
    Weir__Link__V1__Resource *out)
{
	Weir__Link__V1__Key *key = arena_alloc(r->arena, sizeof(*key));

	weir__link__v1__key__init(key);
	key->sid = row_u32(rows, row, KEY_SID);
	key->tenant_id = row_id_data(r, rows, row, KEY_TENANT);
	key->team_id = row_id_data(r, rows, row, KEY_TEAM);
	key->name = row_cstr(r, rows, row, KEY_NAME);
	key->verifiers =
	    arena_alloc_array(r->arena, 2, sizeof(*key->verifiers));
	key->verifiers[key->n_verifiers++] =
	    make_verifier(r, rows, row, KEY_PUBLIC_ID);
	if (!row_is_null(rows, row, KEY_PREV_PUBLIC_ID)) {
		Weir__Link__V1__Verifier *previous =
		    make_verifier(r, rows, row, KEY_PREV_PUBLIC_ID);

		previous->not_after_us = row_us(rows, row, KEY_PREV_UNTIL);
		if (previous->not_after_us > 0)
			key->verifiers[key->n_verifiers++] = previous;
	}
	key->n_allowed_models =
	    row_cstrs(r, rows, row, KEY_MODELS, &key->allowed_models);
	key->n_cidrs = row_cstrs(r, rows, row, KEY_CIDRS, &key->cidrs);
	key->expires_us = row_us(rows, row, KEY_EXPIRES);
	key->disabled = row_bool(rows, row, KEY_DISABLED);
	key->n_labels = make_entries(r, row_jsonb(r, rows, row, KEY_LABELS),
	    &weir__link__v1__key__labels_entry__descriptor, &key->labels);
	out->spec_case = WEIR__LINK__V1__RESOURCE__SPEC_KEY;
	out->key = key;
}

/* Routes may name it by its slug, so it is remembered. */
static void
remember_provider(struct resources *r, const struct db_rows *rows, size_t row)
{
	struct id *id = arena_alloc(&r->kept, sizeof(*id));

	*id = row_id(rows, row, PROVIDER_ID);
	map_put(&r->providers,
	    str_copy(&r->kept, row_text(rows, row, PROVIDER_SLUG)), id);
}

static void
make_provider(struct resources *r, const struct db_rows *rows, size_t row,
    Weir__Link__V1__Resource *out)
{
	Weir__Link__V1__Provider *provider =
	    arena_alloc(r->arena, sizeof(*provider));

	remember_provider(r, rows, row);
	weir__link__v1__provider__init(provider);
	provider->sid = row_u32(rows, row, PROVIDER_SID);
	provider->slug = row_cstr(r, rows, row, PROVIDER_SLUG);
	provider->kind = row_cstr(r, rows, row, PROVIDER_KIND);
	provider->base_url = row_cstr(r, rows, row, PROVIDER_URL);
	provider->region = row_cstr(r, rows, row, PROVIDER_REGION);
	provider->allow_private_network = row_bool(rows, row, PROVIDER_PRIVATE);
	provider->timeouts =
	    make_timeouts(r, row_jsonb(r, rows, row, PROVIDER_TIMEOUTS));
	provider->n_headers =
	    make_entries(r, row_jsonb(r, rows, row, PROVIDER_HEADERS),
		&weir__link__v1__provider__headers_entry__descriptor,
		&provider->headers);
	provider->disabled = row_bool(rows, row, PROVIDER_DISABLED);
	out->spec_case = WEIR__LINK__V1__RESOURCE__SPEC_PROVIDER;
	out->provider = provider;
}

static void
make_credential(struct resources *r, const struct db_rows *rows, size_t row,
    Weir__Link__V1__Resource *out)
{
	Weir__Link__V1__Credential *credential =
	    arena_alloc(r->arena, sizeof(*credential));

	weir__link__v1__credential__init(credential);
	credential->provider_id =
	    row_id_data(r, rows, row, CREDENTIAL_PROVIDER);
	credential->weight = row_u32(rows, row, CREDENTIAL_WEIGHT);
	credential->env = row_cstr(r, rows, row, CREDENTIAL_ENV);
	credential->file = row_cstr(r, rows, row, CREDENTIAL_FILE);
	out->spec_case = WEIR__LINK__V1__RESOURCE__SPEC_CREDENTIAL;
	out->credential = credential;
}

/* "prv_…", a uuid, or a provider's slug; zero bytes when it is neither. */
static ProtobufCBinaryData
resolve(struct resources *r, struct str text, const char *prefix)
{
	struct id id = { 0 };
	const struct id *known = map_get(&r->providers, text);

	if (id_parse(text, prefix, &id) != OK &&
	    id_from_uuid(text, &id) != OK && known)
		id = *known;
	return wire_data(
	    str_copy(r->arena, str_make(id.bytes, sizeof(id.bytes))));
}

static Weir__Link__V1__Deployment *
make_deployment(struct resources *r, const json_t *document)
{
	Weir__Link__V1__Deployment *deployment =
	    arena_alloc(r->arena, sizeof(*deployment));
	struct str provider =
	    json_text(json_object_get(document, "provider_id"));

	weir__link__v1__deployment__init(deployment);
	deployment->provider_id = resolve(r, provider, "prv");
	deployment->upstream_model =
	    jsonb_text(r->arena, document, "upstream_model");
	deployment->weight = jsonb_number(document, "weight", 1);
	deployment->priority = jsonb_number(document, "priority", 0);
	deployment->region = jsonb_text(r->arena, document, "region");
	return deployment;
}

static void
make_model(struct resources *r, const struct db_rows *rows, size_t row,
    Weir__Link__V1__Resource *out)
{
	Weir__Link__V1__Model *model = arena_alloc(r->arena, sizeof(*model));
	const json_t *list = row_jsonb(r, rows, row, MODEL_DEPLOYMENTS);

	weir__link__v1__model__init(model);
	model->sid = row_u32(rows, row, MODEL_SID);
	model->alias = row_cstr(r, rows, row, MODEL_ALIAS);
	model->tenant_id = row_id_data(r, rows, row, MODEL_TENANT);
	model->n_deployments = json_array_size(list);
	model->deployments = arena_alloc_array(
	    r->arena, model->n_deployments, sizeof(*model->deployments));
	for (size_t i = 0; i < model->n_deployments; i++)
		model->deployments[i] =
		    make_deployment(r, json_array_get(list, i));
	out->spec_case = WEIR__LINK__V1__RESOURCE__SPEC_MODEL;
	out->model = model;
}

static size_t
make_texts(struct resources *r, const json_t *list, char ***out)
{
	size_t count = json_array_size(list);

	*out = arena_alloc_array(r->arena, count, sizeof(**out));
	for (size_t i = 0; i < count; i++)
		(*out)[i] = (char *)str_cstr(
		    r->arena, json_text(json_array_get(list, i)));
	return count;
}

static size_t
make_ids(struct resources *r, const json_t *list, const char *prefix,
    ProtobufCBinaryData **out)
{
	size_t count = json_array_size(list);

	*out = arena_alloc_array(r->arena, count, sizeof(**out));
	for (size_t i = 0; i < count; i++)
		(*out)[i] =
		    resolve(r, json_text(json_array_get(list, i)), prefix);
	return count;
}

static Weir__Link__V1__Match *
make_match(struct resources *r, const json_t *document)
{
	Weir__Link__V1__Match *match = arena_alloc(r->arena, sizeof(*match));

	weir__link__v1__match__init(match);
	match->n_models =
	    make_texts(r, json_object_get(document, "models"), &match->models);
	match->n_tasks =
	    make_texts(r, json_object_get(document, "tasks"), &match->tasks);
	match->n_key_ids = make_ids(
	    r, json_object_get(document, "keys"), "key", &match->key_ids);
	match->n_team_ids = make_ids(
	    r, json_object_get(document, "teams"), "tm", &match->team_ids);
	match->n_labels = make_entries(r, json_object_get(document, "labels"),
	    &weir__link__v1__match__labels_entry__descriptor, &match->labels);
	return match;
}

static Weir__Link__V1__Target *
make_target(struct resources *r, const json_t *document)
{
	Weir__Link__V1__Target *target = arena_alloc(r->arena, sizeof(*target));
	const json_t *provider = json_object_get(document, "provider_id");

	if (!provider)
		provider = json_object_get(document, "provider");
	weir__link__v1__target__init(target);
	target->model = jsonb_text(r->arena, document, "model");
	if (provider && !json_is_null(provider))
		target->provider_id = resolve(r, json_text(provider), "prv");
	target->upstream_model =
	    jsonb_text(r->arena, document, "upstream_model");
	target->weight = jsonb_number(document, "weight", 1);
	target->priority = jsonb_number(document, "priority", 0);
	return target;
}

/* What is not a list is published as one target that names nothing. */
static void
make_targets(
    struct resources *r, const json_t *list, Weir__Link__V1__Route *route)
{
	size_t count = json_is_array(list) ? json_array_size(list) : 1;

	route->n_targets = count;
	route->targets =
	    arena_alloc_array(r->arena, count, sizeof(*route->targets));
	for (size_t i = 0; i < count; i++)
		route->targets[i] = make_target(r, json_array_get(list, i));
}

static void
make_route(struct resources *r, const struct db_rows *rows, size_t row,
    Weir__Link__V1__Resource *out)
{
	Weir__Link__V1__Route *route = arena_alloc(r->arena, sizeof(*route));

	weir__link__v1__route__init(route);
	route->sid = row_u32(rows, row, ROUTE_SID);
	route->slug = row_cstr(r, rows, row, ROUTE_SLUG);
	route->tenant_id = row_id_data(r, rows, row, ROUTE_TENANT);
	route->priority = (int32_t)row_int(rows, row, ROUTE_PRIORITY);
	route->match = make_match(r, row_jsonb(r, rows, row, ROUTE_MATCH));
	make_targets(r, row_jsonb(r, rows, row, ROUTE_TARGETS), route);
	route->strategy = row_cstr(r, rows, row, ROUTE_STRATEGY);
	route->max_attempts = row_u32(rows, row, ROUTE_ATTEMPTS);
	route->n_retry_on =
	    row_cstrs(r, rows, row, ROUTE_RETRY_ON, &route->retry_on);
	route->timeouts =
	    make_timeouts(r, row_jsonb(r, rows, row, ROUTE_TIMEOUTS));
	out->spec_case = WEIR__LINK__V1__RESOURCE__SPEC_ROUTE;
	out->route = route;
}

static void
make_price(struct resources *r, const struct db_rows *rows, size_t row,
    Weir__Link__V1__Resource *out)
{
	Weir__Link__V1__Price *price = arena_alloc(r->arena, sizeof(*price));

	weir__link__v1__price__init(price);
	price->sid = row_u32(rows, row, PRICE_SID);
	price->layer = row_u32(rows, row, PRICE_LAYER);
	price->tenant_id = row_id_data(r, rows, row, PRICE_TENANT);
	price->provider = row_cstr(r, rows, row, PRICE_PROVIDER);
	price->model = row_cstr(r, rows, row, PRICE_MODEL);
	price->meter = row_cstr(r, rows, row, PRICE_METER);
	price->tier = row_cstr(r, rows, row, PRICE_TIER);
	price->ctx_above = (uint64_t)row_int(rows, row, PRICE_CTX_ABOVE);
	price->pico_per_unit = row_int(rows, row, PRICE_PICO);
	price->from_us = row_us(rows, row, PRICE_FROM);
	price->to_us = row_us(rows, row, PRICE_TO);
	out->spec_case = WEIR__LINK__V1__RESOURCE__SPEC_PRICE;
	out->price = price;
}

static void (*const makers[SNAPSHOT_PARTS])(struct resources *,
    const struct db_rows *, size_t row, Weir__Link__V1__Resource *out) = {
	[SNAPSHOT_TENANTS] = make_tenant,
	[SNAPSHOT_TEAMS] = make_team,
	[SNAPSHOT_KEYS] = make_key,
	[SNAPSHOT_PROVIDERS] = make_provider,
	[SNAPSHOT_CREDENTIALS] = make_credential,
	[SNAPSHOT_MODELS] = make_model,
	[SNAPSHOT_ROUTES] = make_route,
	[SNAPSHOT_PRICES] = make_price,
};

struct str
resource_pack(struct resources *r, enum snapshot_part part,
    const struct db_rows *rows, size_t row)
{
	Weir__Link__V1__Resource message = WEIR__LINK__V1__RESOURCE__INIT;

	assert(part < SNAPSHOT_PARTS);
	message.id = row_id_data(r, rows, row, 0);
	makers[part](r, rows, row, &message);
	return wire_pack(r->arena, &message.base);
}

struct str
resource_pack_settings(struct resources *r, uint64_t lkg_max_age_s)
{
	Weir__Link__V1__Settings settings = WEIR__LINK__V1__SETTINGS__INIT;
	Weir__Link__V1__Resource message = WEIR__LINK__V1__RESOURCE__INIT;
	static const char id[16];

	settings.lkg_max_age_s = lkg_max_age_s;
	message.id = wire_data(str_make(id, sizeof(id)));
	message.spec_case = WEIR__LINK__V1__RESOURCE__SPEC_SETTINGS;
	message.settings = &settings;
	return wire_pack(r->arena, &message.base);
}
