#include "market/bb_operator.h"

#include "base/bb_bytes.h"
#include "market/bb_cancel.h"
#include "market/bb_fixing.h"
#include "market/bb_reputation.h"

enum bb_result
bb_operator_member_add(struct bb_market *market, const struct bb_command *command,
		       struct bb_slice *slice)
{
	const struct bb_member_command *member = &command->member;

	if (member->participant == 0)
		return BB_ERR_PARTICIPANT;
	if (member->participant > market->members.size)
		return BB_ERR_FULL;
	if (member->roles == 0 || (member->roles & ~(uint32_t)BB_ROLE_ALL) != 0 ||
	    !bb_is_zero(member->reserved, sizeof(member->reserved)))
		return BB_ERR_RECORD;
	if (bb_members_find(&market->members, member->participant) != NULL ||
	    bb_members_key_taken(&market->members, member->key))
		return BB_ERR_PARTICIPANT_EXISTS;
	if (!bb_key_formed(member->key))
		return BB_ERR_KEY;
	if (!bb_ids_room(&market->ids, member->orders_max))
		return BB_ERR_FULL;

	bb_members_add(&market->members, member, bb_ids_open(&market->ids, member->orders_max));
	market->calendar.traders += (member->roles & BB_ROLE_TRADER) != 0;
	bb_slice_add(slice, BB_EVENT_MEMBER_ADDED, member->participant)->counterparty =
		command->participant;
	return BB_OK;
}

enum bb_result
bb_operator_member_revoke(struct bb_market *market, const struct bb_command *command)
{
	struct bb_account *account =
		bb_members_find(&market->members, command->member.participant);

	if (account == NULL)
		return BB_ERR_PARTICIPANT;
	if (account->status == BB_MEMBER_REVOKED)
		return BB_ERR_SUSPENDED;
	if (account->participant == command->participant)
		return BB_ERR_ROLE;

	account->status = BB_MEMBER_REVOKED;
	market->calendar.traders -= (account->roles & BB_ROLE_TRADER) != 0;
	bb_cancel_all(market, account, BB_BY_REVOKE);
	return BB_OK;
}

static enum bb_result
check_attributes(const struct bb_market *market, const struct bb_attributes_command *set)
{
	const struct bb_account *meter = bb_members_find(&market->members, set->metered_by);

	if (!bb_is_zero(set->reserved, sizeof(set->reserved)) || set->escrow > 1)
		return BB_ERR_RECORD;
	if (bb_members_find(&market->members, set->participant) == NULL)
		return BB_ERR_PARTICIPANT;
	if (set->metered_by != 0 && (meter == NULL || (meter->roles & BB_ROLE_METER) == 0))
		return BB_ERR_METER;
	return set->source >= BB_SOURCES || set->feeder >= BB_FEEDERS ||
			       set->reputation_min > BB_PPM
		       ? BB_ERR_PARAM
		       : BB_OK;
}

enum bb_result
bb_operator_member_set(struct bb_market *market, const struct bb_command *command,
		       struct bb_slice *slice)
{
	const struct bb_attributes_command *set = &command->attributes;
	const enum bb_result result = check_attributes(market, set);
	if (result != BB_OK)
		return result;

	struct bb_account *account = bb_members_find(&market->members, set->participant);
	account->cap_in_wh = set->cap_in_wh;
	account->cap_out_wh = set->cap_out_wh;
	account->metered_by = set->metered_by;
	account->order_wh_max = set->order_wh_max;
	account->reputation_min = set->reputation_min;
	account->feeder = set->feeder;
	account->source = set->source;
	account->escrow = set->escrow;
	bb_slice_add(slice, BB_EVENT_MEMBER_SET, set->participant)->counterparty =
		command->participant;
	return BB_OK;
}

enum bb_result
bb_operator_member_kill(struct bb_market *market, uint32_t participant)
{
	struct bb_account *account = bb_members_find(&market->members, participant);

	if (account == NULL)
		return BB_ERR_PARTICIPANT;
	account->killed = 1;
	bb_cancel_all(market, account, BB_BY_KILL);
	return BB_OK;
}

enum bb_result
bb_operator_member_arm(struct bb_market *market, const struct bb_command *command,
		       struct bb_slice *slice)
{
	struct bb_account *account =
		bb_members_find(&market->members, command->member.participant);

	if (account == NULL)
		return BB_ERR_PARTICIPANT;
	account->killed = account->defaulted = 0;
	struct bb_event *event = bb_slice_add(slice, BB_EVENT_ARMED, account->participant);
	event->counterparty = command->participant;
	event->result = BB_BY_OPERATOR;
	return BB_OK;
}
