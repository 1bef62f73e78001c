# bash completion for cpwx: cpwx itself says what can follow.

# Of the lines those that name something: a name with a line's end in it comes as several, which name nothing.
_cpwx_there() {
    local line
    while IFS= read -r line; do
        [[ $line == \~* || -e $line || -L $line ]] && printf '%s\n' "$line"
    done
}

_cpwx() {
    local line ending endings
    local -a before=("${COMP_WORDS[@]:0:COMP_CWORD}")
    # Words end at =, and what follows one is a word of its own.
    [[ ${COMP_WORDS[COMP_CWORD]} == = ]] && before+=("=")
    COMPREPLY=()
    compopt -o nosort
    while IFS= read -r line; do
        case $line in
        $'\tfolders')
            compopt -o filenames
            mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -d -- "$2" | _cpwx_there)
            ;;
        $'\tfiles'*)
            compopt -o filenames
            endings=${line#$'\tfiles'}
            endings=${endings# }
            mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(
                compgen -d -- "$2" | _cpwx_there
                while IFS= read -r line; do
                    ending=${line##*.}
                    [[ -d $line ]] || [[ -n $endings && " $endings " != *" ${ending,,} "* ]] || printf '%s\n' "$line"
                done < <(compgen -f -- "$2" | _cpwx_there)
            )
            ;;
        *[[:space:]\'\"\\\$\&\;\(\)\<\>\|\*\?\[\`\!\#]*)
            [[ $2 == [\'\"]* ]] || printf -v line %q "$line"
            COMPREPLY+=("$line")
            ;;
        *)
            [[ $line == *[=~,] ]] && compopt -o nospace
            COMPREPLY+=("$line")
            ;;
        esac
    done < <("${COMP_WORDS[0]}" complete bash "${before[@]}" "$2" 2>/dev/null)
}

complete -F _cpwx cpwx
