#include "market/bb_operator.h"

#include "base/bb_bytes.h"
#include "market/bb_cancel.h"

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

	bb_members_add(&market->members, member);
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
	if (account->member.status == BB_MEMBER_REVOKED)
		return BB_ERR_SUSPENDED;
	if (account->member.participant == command->participant)
		return BB_ERR_ROLE;

	account->member.status = BB_MEMBER_REVOKED;
	bb_cancel_all(market, account, BB_BY_REVOKE);
	return BB_OK;
}

enum bb_result
bb_operator_product_add(struct bb_market *market, const struct bb_command *command,
			struct bb_slice *slice)
{
	const enum bb_result result = bb_terms_check(&market->products, &command->product);
	if (result != BB_OK)
		return result;

	bb_products_add(&market->products, &command->product);
	bb_slice_add(slice, BB_EVENT_PRODUCT_ADDED, command->participant)->product =
		command->product.product;
	return BB_OK;
}

void
bb_operator_halt(struct bb_market *market, const struct bb_command *command,
		 struct bb_slice *slice)
{
	const bool halt = command->kind == BB_COMMAND_HALT;

	market->halted = halt;
	bb_slice_add(slice, halt ? BB_EVENT_HALTED : BB_EVENT_RESUMED, command->participant);
}
