/*
 * enrolments.c - tokens that let new gateways in.
 */
#include "controlplane/store/enrolments.h"

#include "common/clock.h"
#include "common/token.h"
#include "controlplane/api/resource.h"
#include "controlplane/api/secret.h"
#include "controlplane/api/tables.h"
#include "controlplane/store/document.h"

#define LIFE_US (3600 * US_PER_S)
#define LIFE_MAX_US (31LL * 24 * 3600 * US_PER_S)

static const char *const statuses[] = { "active", "revoked", NULL };

static const struct field fields[] = {
	{ "region", FIELD_TEXT, FIELD_FIXED, 1, 64,
	    .help = "Of the gateways that come in with it." },
	{ "max_uses", FIELD_INT, FIELD_FIXED, 1, 100000, .fallback = "1",
	    .help = "How many gateways may come in with it." },
	{ "expires_at", FIELD_TIME, FIELD_FIXED,
	    .help = "In an hour when left out; at most a month from now." },
	{ "uses", FIELD_INT, FIELD_ON_READ, .help = "How many have." },
	{ "display", FIELD_TEXT, FIELD_ON_READ,
	    .help = "What of the token may be shown." },
	{ "status", FIELD_TEXT, FIELD_ON_READ, .words = statuses,
	    .help = "A revoked one lets nobody in." },
};

static void
check_expiry(struct change *change, json_t *row)
{
	struct str given = document_member(row, "expires_at");
	int64_t now_us = clock_wall_us();
	char text[CLOCK_TEXT_SIZE];
	int64_t wall_us;

	if (clock_parse(given, &wall_us) != OK) {
		wall_us = now_us + LIFE_US;
		document_set(
		    row, "expires_at", str_from(clock_format(wall_us, text)));
	}
	if (wall_us <= now_us || wall_us > now_us + LIFE_MAX_US)
		fault_add(&change->call->problem.faults, STR("/expires_at"),
		    "range", "in the future, and at most a month from now");
}

static void
mint(struct change *change, json_t *row)
{
	secret_mint(change, row, TOKEN_PREFIX_ENROLMENT, "token");
}

static const struct resource enrolments = {
	.shape = { .name = "GatewayEnrollment",
	    .kind = KIND_ENROLMENT,
	    SHAPE_FIELDS(fields),
	    .base = &resource_base },
	.table = &enrolments_table,
	.is_revoked = true,
	.check = check_expiry,
	.prepare = mint,
};

static const struct route routes[] = {
	{ "GET", "/admin/v1/gateway-enrollments", PERMISSION_GATEWAY_READ,
	    resource_list, "List enrolment tokens", .shape = &enrolments.shape,
	    .reply = REPLY_LIST, .query = &resource_list_base },
	{ "POST", "/admin/v1/gateway-enrollments", PERMISSION_GATEWAY_ENROLL,
	    resource_create,
	    "Create an enrolment token; token holds it, this once",
	    .shape = &enrolments.shape, .reply = REPLY_CREATED },
	{ "GET", "/admin/v1/gateway-enrollments/{id}", PERMISSION_GATEWAY_READ,
	    resource_get, "Show an enrolment token",
	    .shape = &enrolments.shape },
	{ "DELETE", "/admin/v1/gateway-enrollments/{id}",
	    PERMISSION_GATEWAY_ENROLL, resource_archive,
	    "Revoke an enrolment token", .shape = &enrolments.shape,
	    .query = &reason_query, .body = &reason_shape },
};

const struct route_table enrolments_routes = ROUTE_TABLE(routes);
