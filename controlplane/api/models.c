/*
 * models.c - the names applications ask for, and what answers to them.
 */
#include "controlplane/store/models.h"

#include "controlplane/api/resource.h"
#include "controlplane/api/tables.h"

#define DEPLOYMENTS_MAX 32
#define SHARE_MAX 1000000

static const char *
dotted_slug_fault(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		bool is_edge = i == 0 || i == text.len - 1;
		char c = text.ptr[i];

		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') &&
		    ((c != '-' && c != '.') || is_edge))
			return "lower-case letters, digits, dashes and dots";
	}
	return NULL;
}

static const char *
model_name_fault(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] <= ' ' || text.ptr[i] > '~')
			return "printable ASCII without spaces";
	}
	return NULL;
}

static const struct field deployment_fields[] = {
	{ "provider", FIELD_REF, FIELD_SET | FIELD_REQUIRED,
	    .kind = KIND_PROVIDER, .help = "Who serves it: slug or id." },
	{ "upstream_model", FIELD_TEXT, FIELD_SET | FIELD_REQUIRED, 1, 200,
	    .check = model_name_fault, .help = "What the provider calls it." },
	{ "weight", FIELD_INT, FIELD_SET, 0, SHARE_MAX, .fallback = "1",
	    .help = "Its share among those of the same priority." },
	{ "priority", FIELD_INT, FIELD_SET, 0, SHARE_MAX, .fallback = "0",
	    .help = "Lower goes first, the next one on failure." },
	{ "region", FIELD_TEXT, FIELD_SET, 1, 64, .help = "Where it is." },
};

static const struct shape deployment_shape = {
	.name = "Deployment",
	SHAPE_FIELDS(deployment_fields),
};

static const char *const statuses[] = { "active", "archived", NULL };

/* Its own base: a slug may have dots, as names of models do. */
static const struct field fields[] = {
	{ "id", FIELD_ID, FIELD_ON_READ, .help = "Never changes." },
	{ "slug", FIELD_TEXT, FIELD_SET, 1, 128, .check = dotted_slug_fault,
	    .help = "Short name; made from the alias when left out." },
	{ "name", FIELD_TEXT, FIELD_SET, 1, 200,
	    .help = "For people; the slug or alias when left out." },
	{ "labels", FIELD_MAP, FIELD_SET, 0, 255, 16, .fallback = "{}",
	    .check = label_fault, .help = "Up to 16 names with a text each." },
	{ "version", FIELD_INT, FIELD_ON_READ,
	    .help = "Counts changes; the ETag." },
	{ "created_at", FIELD_TIME, FIELD_ON_READ,
	    .help = "When it was made." },
	{ "updated_at", FIELD_TIME, FIELD_ON_READ,
	    .help = "When it was last changed." },
	{ "tenant_id", FIELD_REF, FIELD_FIXED, .kind = KIND_TENANT,
	    .help = "Whose it is; none: for all tenants." },
	{ "alias", FIELD_TEXT, FIELD_SET | FIELD_REQUIRED, 1, 200,
	    .check = model_name_fault, .help = "What applications ask for." },
	{ "deployments", FIELD_OBJECT, FIELD_SET | FIELD_MANY | FIELD_REQUIRED,
	    .most = DEPLOYMENTS_MAX, .shape = &deployment_shape,
	    .help = "What answers; a PATCH replaces all of them." },
	{ "quality", FIELD_REFUSED, FIELD_INPUT,
	    .help = "Not supported by this version." },
	{ "tier", FIELD_REFUSED, FIELD_INPUT,
	    .help = "Not supported by this version." },
	{ "status", FIELD_TEXT, FIELD_ON_READ, .words = statuses,
	    .help = "An archived one is not served." },
	{ "archived_at", FIELD_TIME, FIELD_ON_READ,
	    .help = "When it was archived." },
};

static void
store_deployments(struct change *change, const json_t *row)
{
	models_set_deployments(&change->tx, row);
}

static const struct resource models = {
	.shape = { .name = "Model", .kind = KIND_MODEL, SHAPE_FIELDS(fields) },
	.table = &models_table,
	.tenant_member = "tenant_id",
	.is_published = true,
	.has_dotted_slugs = true,
	.stored = store_deployments,
};

static const struct field list_fields[] = {
	{ "tenant_id", FIELD_REF, FIELD_ON_CREATE, .kind = KIND_TENANT,
	    .help = "Only those of this tenant." },
	{ "alias", FIELD_TEXT, FIELD_ON_CREATE, 1, 200,
	    .help = "Only those of this alias." },
};

static const struct shape list_query = {
	.name = "ModelList",
	SHAPE_FIELDS(list_fields),
	.base = &resource_list_base,
};

static const struct route routes[] = {
	{ "GET", "/admin/v1/models", PERMISSION_MODEL_READ, resource_list,
	    "List models", .shape = &models.shape, .reply = REPLY_LIST,
	    .query = &list_query },
	{ "POST", "/admin/v1/models", PERMISSION_MODEL_WRITE, resource_create,
	    "Create a model", .shape = &models.shape, .reply = REPLY_CREATED },
	{ "GET", "/admin/v1/models/{id}", PERMISSION_MODEL_READ, resource_get,
	    "Show a model", .shape = &models.shape },
	{ "PATCH", "/admin/v1/models/{id}", PERMISSION_MODEL_WRITE,
	    resource_patch, "Change a model", .shape = &models.shape },
	{ "DELETE", "/admin/v1/models/{id}", PERMISSION_MODEL_WRITE,
	    resource_archive, "Archive a model no route needs",
	    .shape = &models.shape, .query = &reason_query,
	    .body = &reason_shape },
};

const struct route_table models_routes = ROUTE_TABLE(routes);
