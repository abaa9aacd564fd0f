/*
 * providers.c - where models are served: an address and how to speak to it.
 */
#include "controlplane/store/providers.h"

#include "common/json.h"
#include "controlplane/api/base_url.h"
#include "controlplane/api/resource.h"
#include "controlplane/api/tables.h"
#include "controlplane/api/timeouts.h"
#include "controlplane/store/document.h"

#define HEADERS_MAX 16

static const char *const kinds[] = {
#define PROVIDER_KIND(word) word,
#include "controlplane/api/provider_kinds.def"
#undef PROVIDER_KIND
	NULL,
};

static const char *const statuses[] = { "active", "disabled", NULL };

/* Headers the gateway itself is in charge of. */
static const char *const own_headers[] = { "authorization", "x-api-key",
	"api-key", "x-goog-api-key", "cookie", "host", "content-length",
	"content-type", "content-encoding", "accept-encoding", "connection",
	"keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
	"expect" };

static bool
is_token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') ||
	    (c != '\0' && str_find_char(STR("!#$%&'*+-.^_`|~"), c) >= 0);
}

static const char *
header_fault(struct str name)
{
	if (name.len == 0 || name.len > 64)
		return "a header's name has 1 to 64 bytes";
	for (size_t i = 0; i < name.len; i++) {
		if (!is_token_char(name.ptr[i]))
			return "not the name of a header";
	}
	if (str_has_prefix_nocase(name, STR("proxy-")))
		return "hop-by-hop headers cannot be set";
	for (size_t i = 0; i < ARRAY_LEN(own_headers); i++) {
		if (str_eq_nocase(name, str_from(own_headers[i])))
			return "the gateway sets this header itself";
	}
	return NULL;
}

static const struct field fields[] = {
	{ "kind", FIELD_TEXT, FIELD_FIXED | FIELD_REQUIRED, .words = kinds,
	    .help = "The dialect it speaks." },
	{ "base_url", FIELD_TEXT, FIELD_SET | FIELD_REQUIRED, 1, 500,
	    .check = base_url_fault,
	    .help = "As the vendor documents it for its SDK." },
	{ "region", FIELD_TEXT, FIELD_SET, 1, 64, .help = "Where it is." },
	{ "allow_private_network", FIELD_BOOL, FIELD_SET, .fallback = "false",
	    .help = "It may be on a loopback or private address." },
	{ "timeouts", FIELD_OBJECT, FIELD_SET, .shape = &timeouts_shape,
	    .fallback = "{}", .help = "The gateway's own where left out." },
	{ "headers", FIELD_MAP, FIELD_SET, 0, 1000, HEADERS_MAX,
	    .fallback = "{}", .check = header_fault,
	    .help = "Sent with every request to it." },
	{ "status", FIELD_TEXT, FIELD_ON_PATCH | FIELD_ON_READ,
	    .words = statuses,
	    .help = "active, disabled, or (shown only) archived." },
	{ "archived_at", FIELD_TIME, FIELD_ON_READ,
	    .help = "When it was archived." },
};

/* A line break in a value would be a header of its own. */
static void
check_header_values(struct change *change, const json_t *headers)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)headers, name, value)
	{
		struct str text = json_text(value);

		for (size_t i = 0; i < text.len; i++) {
			if ((unsigned char)text.ptr[i] >= ' ' &&
			    text.ptr[i] != 0x7f)
				continue;
			fault_add(&change->call->problem.faults,
			    str_printf(
				&change->call->arena, "/headers/%s", name),
			    "format", "no control characters");
			break;
		}
	}
}

/* "https://host/v1/" and "https://host/v1" are the same place. */
static void
trim_slash(json_t *row)
{
	struct str url = document_member(row, "base_url");

	if (str_has_suffix(url, STR("/")))
		document_set(row, "base_url", str_head(url, url.len - 1));
}

static void
check_provider(struct change *change, json_t *row)
{
	struct str url = document_member(row, "base_url");

	check_header_values(change, json_object_get(row, "headers"));
	if (base_url_fault(url) != NULL)
		return;
	trim_slash(row);
	if (base_url_is_private(document_member(row, "base_url")) &&
	    !json_is_true(json_object_get(row, "allow_private_network")))
		fault_add(&change->call->problem.faults, STR("/base_url"),
		    "private_network",
		    "a private address needs \"allow_private_network\": true");
}

static const struct resource providers = {
	.shape = { .name = "Provider",
	    .kind = KIND_PROVIDER,
	    SHAPE_FIELDS(fields),
	    .base = &resource_base },
	.table = &providers_table,
	.is_published = true,
	.check = check_provider,
};

static const struct field list_fields[] = {
	{ "kind", FIELD_TEXT, FIELD_ON_CREATE, .words = kinds,
	    .help = "Only those of this kind." },
};

static const struct shape list_query = {
	.name = "ProviderList",
	SHAPE_FIELDS(list_fields),
	.base = &resource_list_base,
};

static const struct route routes[] = {
	{ "GET", "/admin/v1/providers", PERMISSION_PROVIDER_READ, resource_list,
	    "List providers", .shape = &providers.shape, .reply = REPLY_LIST,
	    .query = &list_query },
	{ "POST", "/admin/v1/providers", PERMISSION_PROVIDER_WRITE,
	    resource_create, "Create a provider", .shape = &providers.shape,
	    .reply = REPLY_CREATED },
	{ "GET", "/admin/v1/providers/{id}", PERMISSION_PROVIDER_READ,
	    resource_get, "Show a provider", .shape = &providers.shape },
	{ "PATCH", "/admin/v1/providers/{id}", PERMISSION_PROVIDER_WRITE,
	    resource_patch, "Change a provider", .shape = &providers.shape },
	{ "DELETE", "/admin/v1/providers/{id}", PERMISSION_PROVIDER_WRITE,
	    resource_archive, "Archive a provider nothing uses",
	    .shape = &providers.shape, .query = &reason_query,
	    .body = &reason_shape },
};

const struct route_table providers_routes = ROUTE_TABLE(routes);
