package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"ordermesh.dev/backup/internal/job"
)

// console is where a command writes, and how.
type console struct {
	out, err io.Writer
	json     bool
}

// print writes one JSON document, or what `text` writes for people.
func (c *console) print(document any, text func(io.Writer)) error {
	if !c.json {
		text(c.out)
		return nil
	}
	encoder := json.NewEncoder(c.out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(document)
}

// table writes rows of tab-separated cells in columns.
func table(to io.Writer, rows ...string) {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(w, row)
	}
	_ = w.Flush()
}

// parse reads flags: from the command line, else from the environment where `environment` names them. Dashes within
// names are as good as underscores.
func (c *console) parse(flags *flag.FlagSet, usage string, arguments []string, environment ...string) error {
	output := flags.String("output", "table", "table or json")
	flags.StringVar(output, "o", "table", "the same")
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	given := make([]string, len(arguments))
	for i, argument := range arguments {
		name, value, valued := strings.Cut(argument, "=")
		if strings.HasPrefix(name, "--") {
			name = "--" + strings.ReplaceAll(name[2:], "-", "_")
		}
		if given[i] = name; valued {
			given[i] += "=" + value
		}
	}
	err := flags.Parse(given)
	if err == flag.ErrHelp {
		fmt.Fprint(c.out, usage, "\nFlags:\n")
		flags.SetOutput(c.out)
		flags.PrintDefaults()
		return err
	}
	if err != nil {
		return &usageError{err.Error()}
	}
	if flags.NArg() > 0 {
		return &usageError{fmt.Sprintf("there is no argument %q", flags.Arg(0))}
	}
	onCommandLine := map[string]bool{}
	flags.Visit(func(set *flag.Flag) { onCommandLine[set.Name] = true })
	for _, name := range environment {
		variable := "ORDERMESH_" + strings.ToUpper(name)
		if value := os.Getenv(variable); value != "" && !onCommandLine[name] {
			if err := flags.Set(name, value); err != nil {
				return &usageError{fmt.Sprintf("%s: %v", variable, err)}
			}
		}
	}
	if *output != "table" && *output != "json" {
		return &usageError{"--output is table or json"}
	}
	c.json = *output == "json"
	return nil
}

// show draws a bar on a terminal until the function that it gives is called.
func (c *console) show(progress *job.Progress) func() {
	file, is := c.err.(*os.File)
	if !is || !term.IsTerminal(int(file.Fd())) {
		return func() {}
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				fmt.Fprint(file, "\r\033[K")
				return
			case <-time.After(100 * time.Millisecond):
				fmt.Fprint(file, "\r\033[K", bar(progress))
			}
		}
	}()
	return func() {
		close(stop)
		<-stopped
	}
}

func bar(progress *job.Progress) string {
	const width = 30
	doing, _ := progress.Doing.Load().(string)
	total := progress.Total.Load()
	part := min(max(progress.Done.Load(), 0), total)
	filled := 0
	if total > 0 {
		filled = int(part * width / total)
	}
	return fmt.Sprintf("%-10s [%s%s] %s of %s", doing, strings.Repeat("#", filled), strings.Repeat(".", width-filled),
		job.Bytes(part), job.Bytes(total))
}
