# bash completion for busbarctl; commands and options as in ctl/busbarctl.c and ctl/cli_*.c.

# Options of a command, by its name; those of all commands are added.
_busbarctl_options()
{
	case $1 in
	init) echo --name --participants --products --orders --levels --places --positions --courses --segment --ipv4 --udp \
		--device --cpu --unsafe-filesystem ;;
	"member add") echo --key --key-file --file --roles --zone --orders-max --rate --burst \
		--source --feeder --cap-in --cap-out --metered-by --order-max --reputation-min --escrow ;;
	"member set") echo --source --feeder --cap-in --cap-out --metered-by --order-max --reputation-min --escrow ;;
	"grid line") echo --participant --key --start --count --capacity --reverse --fee ;;
	"grid imbalance") echo --participant --key --start --count --long --short --reference ;;
	"grid tariff") echo --participant --key --start --count --injection --use ;;
	"grid restrict") echo --participant --key ;;
	"meter send") echo --venue --participant --key --correction ;;
	"dispute open") echo --venue --participant --key --evidence ;;
	"dispute rule") echo --participant --key --uphold --dismiss ;;
	"product add") echo --zone --start --count --band --tick --lot --max ;;
	"book show") echo --depth ;;
	"ledger show") echo --inputs ;;
	"ledger verify") echo --from --cores --no-packet-signatures --libsodium --tolerate-tail ;;
	"ledger snapshot") echo --check --from-genesis --background ;;
	"ledger checkpoint") echo --out ;;
	"ledger proof") echo --out --checkpoint ;;
	"ledger check-proof") echo --key --venue ;;
	"ledger export") echo --checkpoint ;;
	"ledger serve") echo --folder --listen ;;
	"ledger replay") echo --cores --no-packet-signatures --libsodium --tolerate-tail ;;
	order) echo --venue --participant --key --ioc --fok --aon --until --shown --market --file \
		--id --product --side --all ;;
	esac
	echo --json --help
}

_busbarctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local command="" second="" word skip=0 i

	# What was typed so far, without the global options and their values.
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if ((skip)); then
			skip=0
		elif [[ $command == "" && $word == @(-C|-s|-t|--folder|--socket|--timeout) ]]; then
			skip=1
		elif [[ $word != -* && $command == "" ]]; then
			command=$word
		elif [[ $word != -* && $second == "" ]]; then
			second=$word
		fi
	done

	case $prev in
	-C | --folder)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return ;;
	-s | --socket | --key | --key-file | --file | --venue | --out | --checkpoint | --evidence)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return ;;
	--mode)
		mapfile -t COMPREPLY < <(compgen -W "exact md-first" -- "$cur")
		return ;;
	--degree)
		mapfile -t COMPREPLY < <(compgen -W "surplus closeness" -- "$cur")
		return ;;
	--side)
		mapfile -t COMPREPLY < <(compgen -W "buy sell" -- "$cur")
		return ;;
	--roles)
		mapfile -t COMPREPLY < <(compgen -W "trader meter grid operator" -- "$cur")
		return ;;
	esac

	local words=""
	case $command in
	"")
		words="init status stop halt resume member product book account param grid meter dispute"
		words+=" ledger key order market"
		words+=" -C -s -j -t --folder --socket --json --timeout --help --version" ;;
	member) [[ $second ]] || words="add revoke set kill arm list" ;;
	product) [[ $second ]] || words="add list show halt resume" ;;
	account) [[ $second ]] || words="deposit withdraw show" ;;
	param)
		[[ $second ]] || words="set show"
		[[ $second && $prev == "$second" ]] && words="TERMS CALENDAR CLEARING DEGREE REPUTATION \
			SETTLEMENT ESCROW PROTECTION ZONES REBATE" ;;
	grid) [[ $second ]] || words="line imbalance tariff restrict" ;;
	meter) [[ $second ]] || words="send" ;;
	dispute) [[ $second ]] || words="open rule" ;;
	book) [[ $second ]] || words="show" ;;
	ledger) [[ $second ]] ||
		words="show verify replay snapshot checkpoint proof check-proof consistency export serve" ;;
	key) [[ $second ]] || words="new" ;;
	order) [[ $second ]] || words="buy sell quote basket replace cancel kill silence" ;;
	market) [[ $second ]] || words="clear" ;;
	esac
	if [[ $cur == -* && $command ]]; then
		case $command in
		member | product | book | account | param | grid | meter | dispute | ledger | key | market)
			command+=" $second" ;;
		esac
		words=$(_busbarctl_options "$command")
	fi
	if [[ $words == "" ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
	fi
}

complete -o filenames -F _busbarctl busbarctl
