# bash completion for busbarctl; commands and options as in ctl/busbarctl.c and ctl/cli_*.c.

# Options of a command, by its name; those of all commands are added.
_busbarctl_options()
{
	case $1 in
	init) echo --name --participants --products --orders --levels --segment --ipv4 --udp \
		--device --cpu ;;
	"member add") echo --key --key-file --file --roles --zone --orders-max --rate --burst ;;
	"product add") echo --zone --start --count --band --tick --lot --max ;;
	"book show") echo --depth ;;
	"ledger show") echo --inputs ;;
	"ledger verify") echo --signatures-of-packets --tolerate-tail ;;
	"ledger replay") echo --tolerate-tail ;;
	order) echo --venue --participant --key --ioc --id --product --all ;;
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
	-s | --socket | --key | --key-file | --file | --venue)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return ;;
	--roles)
		mapfile -t COMPREPLY < <(compgen -W "trader meter grid operator" -- "$cur")
		return ;;
	esac

	local words=""
	case $command in
	"")
		words="init status stop halt resume member product book ledger key order market"
		words+=" -C -s -j -t --folder --socket --json --timeout --help --version" ;;
	member) [[ $second ]] || words="add revoke list" ;;
	product) [[ $second ]] || words="add list" ;;
	book) [[ $second ]] || words="show" ;;
	ledger) [[ $second ]] || words="show verify replay" ;;
	key) [[ $second ]] || words="new" ;;
	order) [[ $second ]] || words="buy sell replace cancel" ;;
	market) [[ $second ]] || words="clear" ;;
	esac
	if [[ $cur == -* && $command ]]; then
		case $command in
		member | product | book | ledger | key | market) command+=" $second" ;;
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
