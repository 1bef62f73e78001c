# fish completion for cpwx: cpwx itself says what can follow.

function __cpwx_complete
    set -l before (commandline -opc)
    set -l word (commandline -ct)
    # Behind an option's equals sign a path begins.
    set -l option (string match -r -- '^-[^=]*=' "$word")
    set -l path (string replace -- "$option" '' "$word")
    for line in (command $before[1] complete fish $before "$word" 2>/dev/null)
        set -l found $line
        switch $line
            case \t'folders'
                set found "$option"(__fish_complete_directories "$path" '')
            case \t'files'
                set found "$option"(__fish_complete_path "$path")
            case \t'files *'
                set -l endings (string split ' ' -- (string replace \t'files ' '' -- $line))
                set found "$option"(__fish_complete_path "$path" | string match -ri -- '^[^\t]*(?:/|\.(?:'(string join '|' $endings)'))(?:\t.*)?$')
        end
        test -n "$found" && printf '%s\n' $found
    end
end

complete -c cpwx -f -k -a '(__cpwx_complete)'
