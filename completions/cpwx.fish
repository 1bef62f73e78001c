# fish completion for cpwx: cpwx itself says what can follow.

function __cpwx_complete
    set -l before (commandline -opc)
    set -l word (commandline -ct)
    for line in (command $before[1] complete fish $before "$word" 2>/dev/null)
        switch $line
            case \t'folders'
                __fish_complete_directories "$word" ''
            case \t'files'
                __fish_complete_path "$word"
            case \t'files *'
                set -l endings (string split ' ' -- (string replace \t'files ' '' -- $line))
                __fish_complete_path "$word" | string match -r -- '^[^\t]*(?:/|\.(?:'(string join '|' $endings)'))(?:\t.*)?$'
            case '*'
                printf '%s\n' $line
        end
    end
end

complete -c cpwx -f -k -a '(__cpwx_complete)'
