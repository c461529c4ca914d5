// Devrun is behind “make run” and “make demo”: it starts the server, enrols this
// machine, starts its agent and, where there is a desktop, the bell; says where
// everything is; and stops it all on Ctrl-C. What it makes stays in ./var, so that
// the next run finds everything as it was.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	mode := "run"
	if len(os.Args) > 1 {
		mode = os.Args[1]
	}
	r, err := newRun(mode == "demo")
	if err == nil {
		err = r.run(ctx)
	}
	if err != nil && ctx.Err() == nil { // what Ctrl-C breaks off is no failure
		fmt.Fprintln(os.Stderr, "deskbell:", err)
		os.Exit(1)
	}
}
