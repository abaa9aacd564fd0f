/*
 * build_provider.c - providers and what opens their doors.
 *
 * A credential whose secret is not to be had on this gateway (no such
 * variable, no such file) is left out: one gateway's environment must not
 * refuse the fleet's configuration.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base.h"
#include "common/daemon.h"
#include "common/log.h"
#include "common/seal.h"
#include "common/wire.h"
#include "dataplane/snapshot/build_private.h"

static const char *
header_line(
    struct build *build, struct id id, struct str name, struct str value)
{
	const char *why = build_header_fault(name, value);

	if (why != NULL)
		build_fault(build, BUILD_PROVIDER, id, "headers", "\"%.*s\" %s",
		    (int)size_min(name.len, 64), name.ptr, why);
	return str_printf(&build->snapshot->arena, "%.*s: %.*s", STR_ARGS(name),
	    STR_ARGS(value))
	    .ptr;
}

static void
add_headers(struct build *build, struct snapshot_provider *provider,
    const Weir__Link__V1__Provider *spec)
{
	const char **lines = arena_alloc_array(
	    &build->snapshot->arena, spec->n_headers, sizeof(*lines));

	for (size_t i = 0; i < spec->n_headers; i++)
		lines[i] = header_line(build, provider->id,
		    str_from(spec->headers[i]->key),
		    str_from(spec->headers[i]->value));
	provider->headers = lines;
	provider->header_count = spec->n_headers;
}

static void
check_provider(
    struct build *build, struct id id, const Weir__Link__V1__Provider *spec)
{
	const char *why = build_url_fault(
	    str_from(spec->base_url), spec->allow_private_network);

	if (spec->slug[0] == '\0')
		build_fault(build, BUILD_PROVIDER, id, "slug", "is empty");
	if (provider_kind_find(str_from(spec->kind)) == NULL)
		build_fault(build, BUILD_PROVIDER, id, "kind",
		    "\"%.64s\" is not a kind this gateway knows", spec->kind);
	if (why != NULL)
		build_fault(build, BUILD_PROVIDER, id, "base_url", "%s", why);
}

void
build_add_provider(
    struct build *build, struct id id, const Weir__Link__V1__Provider *spec)
{
	struct arena *arena = &build->snapshot->arena;
	struct provider_entry *entry = arena_alloc(arena, sizeof(*entry));
	struct str base_url = str_from(spec->base_url);

	check_provider(build, id, spec);
	while (str_has_suffix(base_url, STR("/")))
		base_url.len--;
	entry->provider = (struct snapshot_provider){
		.id = id,
		.sid = spec->sid,
		.slug = build_text(build, spec->slug),
		.kind = provider_kind_find(str_from(spec->kind)),
		.base_url = str_cstr(arena, base_url),
		.allow_private_network = spec->allow_private_network,
		.disabled = spec->disabled,
		.timeouts =
		    build_timeouts(build, BUILD_PROVIDER, id, spec->timeouts),
	};
	add_headers(build, &entry->provider, spec);
	snapshot_map_init(build->snapshot, &entry->prices);
	if (build_note_id(build, BUILD_PROVIDER, &entry->provider.id, entry))
		list_append(&build->providers, &entry->node);
}

void
build_add_credential(
    struct build *build, struct id id, const Weir__Link__V1__Credential *spec)
{
	struct arena *scratch = &build->scratch;
	struct credential_entry *entry = arena_alloc(scratch, sizeof(*entry));

	entry->credential.id = id;
	entry->credential.weight = spec->weight;
	entry->provider_id = build_read_id(
	    build, BUILD_CREDENTIAL, id, "provider_id", spec->provider_id);
	entry->env = str_cstr(scratch, str_from(spec->env));
	entry->file = str_cstr(scratch, str_from(spec->file));
	if (spec->weight > BUILD_WEIGHT_MAX)
		build_fault(build, BUILD_CREDENTIAL, id, "weight",
		    "is more than %d", BUILD_WEIGHT_MAX);
	if (build_note_id(
		build, BUILD_CREDENTIAL, &entry->credential.id, entry))
		list_append(&build->credentials, &entry->node);
}

/* --- secrets ------------------------------------------------------------------------ */

static struct str
find_secret(struct build *build, const struct credential_entry *entry)
{
	const struct id *id = &entry->credential.id;
	struct str secret = { 0 };
	const struct str *sent;

	if (entry->env[0] != '\0')
		return str_trim(str_from(getenv(entry->env)));
	if (entry->file[0] != '\0') {
		if (daemon_read_file(&build->scratch, entry->file,
			BUILD_SECRET_MAX_BYTES, &secret) != OK)
			return (struct str){ 0 };
		return str_trim(secret);
	}
	sent = map_get(&build->secrets, str_make(id->bytes, sizeof(id->bytes)));
	return sent != NULL ? str_trim(*sent) : secret;
}

struct line {
	char *ptr;
	size_t len;
};

static void
wipe_line(void *arg)
{
	const struct line *line = arg;

	seal_wipe(line->ptr, line->len);
}

static void
compose_header(struct build *build, const struct provider_kind *kind,
    struct str secret, struct snapshot_credential *out)
{
	struct arena *arena = &build->snapshot->arena;
	struct line *line = arena_alloc(arena, sizeof(*line));
	struct str text = str_printf(arena, "%s: %s%.*s", kind->auth_header,
	    kind->auth_prefix != NULL ? kind->auth_prefix : "",
	    STR_ARGS(secret));

	*line = (struct line){ (char *)text.ptr, text.len };
	arena_defer(arena, wipe_line, line);
	out->header = text.ptr;
	digest_sha256(text, out->digest);
}

static bool
is_usable(const struct credential_entry *entry, struct str secret)
{
	const char *why = NULL;
	char id[ID_TEXT_SIZE];

	if (secret.len == 0)
		why = "its secret is not there";
	else if (build_header_fault(STR("x-secret"), secret) != NULL)
		why = "its secret holds bytes no header may";
	if (why == NULL)
		return true;
	log_warn("credential_skipped",
	    log_cstr("credential", id_format(entry->credential.id, "crd", id)),
	    log_cstr("env", entry->env), log_cstr("file", entry->file),
	    log_cstr("why", why));
	return false;
}

/* Adds to the provider's array, which is long enough. */
static void
resolve_credential(struct build *build, struct credential_entry *entry)
{
	struct provider_entry *owner =
	    build_find(build, BUILD_PROVIDER, entry->provider_id);
	struct snapshot_provider *provider;
	struct snapshot_credential *credentials;
	struct str secret;

	if (owner == NULL) {
		build_fault(build, BUILD_CREDENTIAL, entry->credential.id,
		    "provider_id", "there is no such provider");
		return;
	}
	provider = &owner->provider;
	if (provider->kind == NULL || provider->kind->auth_header == NULL)
		return;
	secret = find_secret(build, entry);
	if (!is_usable(entry, secret))
		return;
	compose_header(build, provider->kind, secret, &entry->credential);
	credentials = (struct snapshot_credential *)provider->credentials;
	credentials[provider->credential_count++] = entry->credential;
}

/* An array for as many as name the provider, whether they turn out usable. */
static void
make_credential_arrays(struct build *build)
{
	LIST_FOREACH (node, &build->credentials) {
		struct provider_entry *owner = build_find(build, BUILD_PROVIDER,
		    container_of(node, struct credential_entry, node)
			->provider_id);

		if (owner != NULL)
			owner->provider.credential_count++;
	}
	LIST_FOREACH (node, &build->providers) {
		struct snapshot_provider *provider =
		    &container_of(node, struct provider_entry, node)->provider;

		provider->credentials = arena_alloc_array(
		    &build->snapshot->arena, provider->credential_count,
		    sizeof(*provider->credentials));
		provider->credential_count = 0;
	}
}

void
build_resolve_providers(struct build *build)
{
	LIST_FOREACH (node, &build->providers) {
		struct provider_entry *entry =
		    container_of(node, struct provider_entry, node);

		if (map_put(&build->snapshot->providers, entry->provider.slug,
			entry) != NULL)
			build_fault(build, BUILD_PROVIDER, entry->provider.id,
			    "slug", "is also that of another provider");
	}
	make_credential_arrays(build);
	LIST_FOREACH (node, &build->credentials)
		resolve_credential(
		    build, container_of(node, struct credential_entry, node));
}
