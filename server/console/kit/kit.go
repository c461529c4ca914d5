// Package kit is what the console and the portal share: the page around
// everything, the small components, and the words. One word for one thing, the
// same as in the tray's windows.
//
// Text that comes from a machine or a person is written as text, always; the
// components isolate it (bdi), so that it cannot turn the direction of what
// stands around it.
package kit

import (
	"context"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/deskbell/deskbell/server/console/static"
	"github.com/deskbell/deskbell/server/markdown"
)

// Env is what every component of a page may need to know.
type Env struct {
	Files *static.Files
	Text  *markdown.Renderer
	Now   time.Time
	Look  Look
}

type envKey struct{}

// With returns a context in which components find env.
func With(ctx context.Context, env Env) context.Context { return context.WithValue(ctx, envKey{}, env) }

func envOf(ctx context.Context) Env {
	env, _ := ctx.Value(envKey{}).(Env)
	return env
}

// File is the address of one of our own files, as it is in this build.
func File(ctx context.Context, name string) string { return file(ctx, name) }

func file(ctx context.Context, name string) string {
	if f := envOf(ctx).Files; f != nil {
		return f.URL(name)
	}
	return static.Prefix + name
}

func now(ctx context.Context) time.Time { return envOf(ctx).Now }

func look(ctx context.Context) Look { return envOf(ctx).Look }

// Write answers a request with a component.
func Write(w http.ResponseWriter, r *http.Request, env Env, status int, c templ.Component) error {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "HX-Request")
	w.WriteHeader(status)
	return c.Render(With(r.Context(), env), w)
}

// Partial reports whether the request comes from a page that swaps a part of
// itself, and not from the address bar.
func Partial(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }

// Now is the moment that a page is made for.
func Now(ctx context.Context) time.Time { return now(ctx) }

// Ahead reports whether a moment is still to come.
func Ahead(ctx context.Context, t time.Time) bool { return t.After(now(ctx)) }
