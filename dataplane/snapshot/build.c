/*
 * build.c - chunks in, a snapshot or faults out.
 */
#include "dataplane/snapshot/build.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/base.h"
#include "common/seal.h"
#include "common/wire.h"
#include "dataplane/snapshot/build_private.h"

static const struct {
	const char *name;
	const char *prefix; /* of its ids */
} kinds[BUILD_KINDS] = {
	[BUILD_TENANT] = { "tenant", "ten" },
	[BUILD_TEAM] = { "team", "tm" },
	[BUILD_KEY] = { "key", "key" },
	[BUILD_PROVIDER] = { "provider", "prv" },
	[BUILD_CREDENTIAL] = { "credential", "crd" },
	[BUILD_MODEL] = { "model", "mdl" },
	[BUILD_ROUTE] = { "route", "rte" },
	[BUILD_PRICE] = { "price", "prc" },
};

struct build *
build_new(uint64_t rev, size_t max_bytes)
{
	struct build *build = calloc(1, sizeof(*build));

	if (build == NULL)
		abort();
	build->snapshot = snapshot_new(rev);
	build->max_bytes = max_bytes;
	arena_init(&build->scratch, 0);
	for (size_t i = 0; i < BUILD_KINDS; i++)
		map_init(&build->ids[i]);
	map_init(&build->secrets);
	map_init(&build->route_slugs);
	list_init(&build->keys);
	list_init(&build->providers);
	list_init(&build->credentials);
	list_init(&build->models);
	list_init(&build->routes);
	list_init(&build->peppers);
	build->faults = arena_alloc_array(
	    &build->scratch, BUILD_FAULTS_MAX, sizeof(*build->faults));
	return build;
}

void
build_free(struct build *build)
{
	if (build == NULL)
		return;
	for (size_t i = 0; i < BUILD_KINDS; i++)
		map_done(&build->ids[i]);
	map_done(&build->secrets);
	map_done(&build->route_slugs);
	arena_done(&build->scratch);
	if (build->snapshot != NULL)
		snapshot_unref(build->snapshot);
	free(build);
}

/* --- what all resources have ---------------------------------------------------- */

void
build_fault(struct build *build, enum build_kind kind, struct id id,
    const char *field, const char *fmt, ...)
{
	struct arena *arena = &build->scratch;
	char text[ID_TEXT_SIZE];
	va_list args;

	if (build->fault_count == BUILD_FAULTS_MAX)
		return;
	va_start(args, fmt);
	build->faults[build->fault_count++] = (struct build_fault){
		.kind = str_from(kinds[kind].name),
		.id = str_copy(
		    arena, str_from(id_format(id, kinds[kind].prefix, text))),
		.field = str_from(field),
		.message = str_vprintf(arena, fmt, args),
	};
	va_end(args);
}

bool
build_note_id(
    struct build *build, enum build_kind kind, const struct id *id, void *entry)
{
	struct str key = str_make(id->bytes, sizeof(id->bytes));

	if (map_get(&build->ids[kind], key) != NULL) {
		build_fault(build, kind, *id, "id", "is there twice");
		return false;
	}
	map_put(&build->ids[kind], key, entry);
	return true;
}

void *
build_find(const struct build *build, enum build_kind kind, struct id id)
{
	return map_get(&build->ids[kind], str_make(id.bytes, sizeof(id.bytes)));
}

struct id
build_read_id(struct build *build, enum build_kind kind, struct id owner,
    const char *field, ProtobufCBinaryData data)
{
	struct id id = { 0 };

	if (data.len == 0)
		return id;
	if (data.len == sizeof(id.bytes))
		memcpy(id.bytes, data.data, sizeof(id.bytes));
	if (id_is_zero(id))
		build_fault(build, kind, owner, field, "is not an id");
	return id;
}

struct str
build_text(struct build *build, const char *text)
{
	return str_copy(&build->snapshot->arena, str_from(text));
}

const struct str *
build_texts(struct build *build, char **texts, size_t count)
{
	struct str *out =
	    arena_alloc_array(&build->snapshot->arena, count, sizeof(*out));

	for (size_t i = 0; i < count; i++)
		out[i] = build_text(build, texts[i]);
	return out;
}

struct snapshot_timeouts
build_timeouts(struct build *build, enum build_kind kind, struct id owner,
    const Weir__Link__V1__Timeouts *timeouts)
{
	if (timeouts == NULL)
		return (struct snapshot_timeouts){ 0 };

	const struct {
		const char *field;
		uint32_t value;
	} all[] = {
		{ "timeouts.connect_ms", timeouts->connect_ms },
		{ "timeouts.header_ms", timeouts->header_ms },
		{ "timeouts.first_content_ms", timeouts->first_content_ms },
		{ "timeouts.idle_ms", timeouts->idle_ms },
		{ "timeouts.total_ms", timeouts->total_ms },
	};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (all[i].value > BUILD_TIMEOUT_MAX_MS)
			build_fault(build, kind, owner, all[i].field,
			    "is more than a day, or not a number");
	return (struct snapshot_timeouts){
		.connect_ms = timeouts->connect_ms,
		.header_ms = timeouts->header_ms,
		.first_content_ms = timeouts->first_content_ms,
		.idle_ms = timeouts->idle_ms,
		.total_ms = timeouts->total_ms,
	};
}

/* --- adding ----------------------------------------------------------------------- */

/* Resources of kinds this gateway does not know are for newer ones. */
static void
add_spec(
    struct build *build, struct id id, const Weir__Link__V1__Resource *resource)
{
	switch (resource->spec_case) {
	case WEIR__LINK__V1__RESOURCE__SPEC_TENANT:
		build_add_tenant(build, id, resource->tenant);
		break;
	case WEIR__LINK__V1__RESOURCE__SPEC_TEAM:
		build_add_team(build, id, resource->team);
		break;
	case WEIR__LINK__V1__RESOURCE__SPEC_KEY:
		build_add_key(build, id, resource->key);
		break;
	case WEIR__LINK__V1__RESOURCE__SPEC_PROVIDER:
		build_add_provider(build, id, resource->provider);
		break;
	case WEIR__LINK__V1__RESOURCE__SPEC_CREDENTIAL:
		build_add_credential(build, id, resource->credential);
		break;
	case WEIR__LINK__V1__RESOURCE__SPEC_MODEL:
		build_add_model(build, id, resource->model);
		break;
	case WEIR__LINK__V1__RESOURCE__SPEC_ROUTE:
		build_add_route(build, id, resource->route);
		break;
	case WEIR__LINK__V1__RESOURCE__SPEC_PRICE:
		build_add_price(build, id, resource->price);
		break;
	case WEIR__LINK__V1__RESOURCE__SPEC_SETTINGS:
		build->snapshot->lkg_max_age_s =
		    i64_from_u64(resource->settings->lkg_max_age_s, INT64_MAX);
		break;
	default:
		break;
	}
}

enum status
build_add_chunk(struct build *build, struct str payload)
{
	CLEANUP(arena_done) struct arena arena;
	const Weir__Link__V1__ResourceSet *set;
	ProtobufCMessage *message;
	enum status s;

	arena_init(&arena, 0);
	if (payload.len > build->max_bytes - build->used_bytes)
		return E_TOO_LARGE;
	build->used_bytes += payload.len;

	s = wire_unpack(&arena, &weir__link__v1__resource_set__descriptor,
	    payload, build->max_bytes, &message);
	if (s != OK)
		return s;
	set = (const Weir__Link__V1__ResourceSet *)message;
	for (size_t i = 0; i < set->n_resources; i++) {
		const Weir__Link__V1__Resource *resource = set->resources[i];
		struct id id;

		if (resource->id.len != sizeof(id.bytes))
			return E_CORRUPT;
		memcpy(id.bytes, resource->id.data, sizeof(id.bytes));
		add_spec(build, id, resource);
	}
	return OK;
}

/* --- secrets ------------------------------------------------------------------------ */

static void
pepper_release(void *key)
{
	hmac_key_free(key);
}

static void
add_pepper(struct build *build, const Weir__Link__V1__Pepper *pepper)
{
	struct pepper_entry *entry =
	    arena_alloc(&build->scratch, sizeof(*entry));

	entry->version = pepper->version;
	entry->key = hmac_key_new(wire_bytes(pepper->key));
	arena_defer(&build->snapshot->arena, pepper_release, entry->key);
	list_append(&build->peppers, &entry->node);
	seal_wipe(pepper->key.data, pepper->key.len);
}

struct wiped {
	void *ptr;
	size_t len;
};

static void
wipe(void *arg)
{
	const struct wiped *wiped = arg;

	seal_wipe(wiped->ptr, wiped->len);
}

/* The message lives in the scratch arena, and the secret is wiped with it. */
static void
add_secret(struct build *build, const Weir__Link__V1__CredentialSecret *secret)
{
	struct str *value = arena_alloc(&build->scratch, sizeof(*value));
	struct wiped *wiped = arena_alloc(&build->scratch, sizeof(*wiped));

	*value = wire_bytes(secret->secret);
	*wiped = (struct wiped){ secret->secret.data, secret->secret.len };
	arena_defer(&build->scratch, wipe, wiped);
	map_put(&build->secrets, wire_bytes(secret->credential_id), value);
}

enum status
build_add_secrets(struct build *build, struct str payload)
{
	const Weir__Link__V1__Secrets *secrets;
	ProtobufCMessage *message;
	enum status s;

	s = wire_unpack(&build->scratch, &weir__link__v1__secrets__descriptor,
	    payload, build->max_bytes, &message);
	if (s != OK)
		return s;
	secrets = (const Weir__Link__V1__Secrets *)message;
	for (size_t i = 0; i < secrets->n_peppers; i++) {
		if (secrets->peppers[i]->key.len < SEAL_KEY_SIZE)
			return E_CORRUPT;
		add_pepper(build, secrets->peppers[i]);
	}
	for (size_t i = 0; i < secrets->n_credentials; i++)
		add_secret(build, secrets->credentials[i]);
	return OK;
}

/* --- finishing ------------------------------------------------------------------------ */

static void
copy_faults(struct build *build, struct arena *arena, struct build_fault **out,
    size_t *out_count)
{
	struct build_fault *faults =
	    arena_alloc_array(arena, build->fault_count, sizeof(*faults));

	for (size_t i = 0; i < build->fault_count; i++)
		faults[i] = (struct build_fault){
			.kind = build->faults[i].kind,
			.id = str_copy(arena, build->faults[i].id),
			.field = build->faults[i].field,
			.message = str_copy(arena, build->faults[i].message),
		};
	*out = faults;
	*out_count = build->fault_count;
}

enum status
build_finish(struct build *build, struct arena *arena, struct snapshot **out,
    struct build_fault **out_faults, size_t *out_fault_count)
{
	assert(build->snapshot != NULL);

	build_resolve_keys(build);
	build_resolve_providers(build);
	build_resolve_models(build);
	build_resolve_routes(build);
	build_resolve_prices(build);
	if (build->fault_count > 0) {
		copy_faults(build, arena, out_faults, out_fault_count);
		return E_INVALID;
	}
	*out = build->snapshot;
	build->snapshot = NULL;
	return OK;
}
