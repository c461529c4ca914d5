// Package gate stands before every HTTP route: it learns who is asking from the
// credential that the route's plane takes and no other, asks auth.Authorise
// whether they may, and keeps the list of routes that the table of rights is
// made from. A handler behind it gets an actor, never a cookie.
package gate

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
)

// Plane says which credential a route takes.
type Plane string

// The planes.
const (
	Console Plane = "console" // a session of the staff's
	Portal  Plane = "portal"  // a session of a requester's
	API     Plane = "api"     // a token; or a session of the staff's from our own pages
	Agent   Plane = "agent"   // an endpoint's proof, made on the websocket itself
	Wall    Plane = "wall"    // a screen's link; or a session of the staff's
	Open    Plane = "open"    // none
)

// Route is a route as the table of rights lists it.
type Route struct {
	Plane     Plane
	Method    string
	Path      string
	Operation auth.Operation
}

// Handler answers a request of an actor.
type Handler func(w http.ResponseWriter, r *http.Request, actor auth.Actor)

// Refuser tells somebody in the way of the plane why they do not get through: a
// page in the console, a problem in the API.
type Refuser func(w http.ResponseWriter, r *http.Request, err error)

// Keeper knows whom a credential belongs to.
type Keeper interface {
	ActorOf(ctx context.Context, kind auth.ActorKind, secret string) (auth.Actor, error)
	ActorOfToken(ctx context.Context, secret string) (auth.Actor, error)
	ActorOfScreen(ctx context.Context, secret string) (auth.Actor, error)
}

// Gate is the mux with the checks.
type Gate struct {
	keeper Keeper
	mux    *http.ServeMux
	cross  *http.CrossOriginProtection
	refuse map[Plane]Refuser
	routes []Route
	mounts []string
	log    *slog.Logger
}

// New returns a gate without routes.
func New(keeper Keeper, log *slog.Logger) *Gate {
	return &Gate{keeper: keeper, mux: http.NewServeMux(), cross: http.NewCrossOriginProtection(), refuse: map[Plane]Refuser{}, log: log}
}

// RefuseWith sets how a plane refuses.
func (g *Gate) RefuseWith(p Plane, r Refuser) { g.refuse[p] = r }

// Routes lists the routes in the order of their registration.
func (g *Gate) Routes() []Route { return slices.Clone(g.routes) }

// Note adds a route to the list that another mux serves behind Handle.
func (g *Gate) Note(r Route) {
	auth.Known(r.Operation)
	g.routes = append(g.routes, r)
}

// Handle registers a route. The pattern is net/http's, with a method. The
// operation is asked for without an object; which of the objects the actor may
// touch is the use case's to ask.
func (g *Gate) Handle(p Plane, pattern string, op auth.Operation, h Handler) {
	method, path, _ := strings.Cut(pattern, " ")
	g.Note(Route{Plane: p, Method: method, Path: path, Operation: op})
	g.mux.Handle(pattern, g.cross.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		actor, err := g.Who(p, r)
		if err == nil {
			err = auth.Authorise(actor, op, auth.Object{})
		}
		if err != nil {
			g.Refuse(p, w, r, err)
			return
		}
		h(w, r, actor)
	})))
}

// Mount serves a path with a handler that makes its own checks: the agents'
// websocket, and the API's router, which asks Who itself.
func (g *Gate) Mount(pattern string, h http.Handler) {
	g.mounts = append(g.mounts, pattern)
	g.mux.Handle(pattern, h)
}

// Mounts lists the patterns that are served without the gate's own check.
func (g *Gate) Mounts() []string { return slices.Clone(g.mounts) }

// CrossOrigin is the check against requests that another site's page sends with
// our cookies, for what is mounted.
func (g *Gate) CrossOrigin(h http.Handler) http.Handler { return g.cross.Handler(h) }

// Refuse answers in the way of the plane.
func (g *Gate) Refuse(p Plane, w http.ResponseWriter, r *http.Request, err error) {
	if f := g.refuse[p]; f != nil {
		f(w, r, err)
		return
	}
	http.Error(w, fault.Sentence(err), Status(err))
}

// Who returns who is asking, by the credential of the plane. Nobody is an actor
// too: an open page may greet whoever comes.
func (g *Gate) Who(p Plane, r *http.Request) (auth.Actor, error) {
	switch p {
	case Console:
		return g.bySession(r, auth.Staff)
	case Portal:
		return g.bySession(r, auth.Requester)
	case API:
		if h := r.Header.Get("Authorization"); h != "" {
			secret, ok := strings.CutPrefix(h, "Bearer ")
			if !ok {
				return auth.Actor{}, fault.New(fault.Unauthenticated, "Send the token as “Authorization: Bearer …”.")
			}
			return g.keeper.ActorOfToken(r.Context(), strings.TrimSpace(secret))
		}
		return g.bySession(r, auth.Staff)
	case Wall:
		return g.byScreen(r)
	}
	return auth.Actor{}, nil
}

// byScreen takes a session of the staff's before a screen's link: whoever is signed in
// sees the wall as themselves.
func (g *Gate) byScreen(r *http.Request) (auth.Actor, error) {
	actor, err := g.bySession(r, auth.Staff)
	if err == nil && actor.Kind != auth.Nobody {
		return actor, nil
	}
	if c, none := r.Cookie(CookieName(r, auth.Screen)); none == nil {
		return g.keeper.ActorOfScreen(r.Context(), c.Value)
	}
	return actor, err
}

func (g *Gate) bySession(r *http.Request, kind auth.ActorKind) (auth.Actor, error) {
	c, err := r.Cookie(CookieName(r, kind))
	if err != nil {
		return auth.Actor{}, nil //nolint:nilerr // no cookie is nobody, not an error
	}
	return g.keeper.ActorOf(r.Context(), kind, c.Value)
}

// CookieName is where a browser keeps a session. With TLS it has the prefix that
// keeps other hosts and plain HTTP from setting it (RFC 6265bis, section 4.1.3).
func CookieName(r *http.Request, kind auth.ActorKind) string {
	name := "deskbell"
	switch kind {
	case auth.Requester:
		name = "deskbell-portal"
	case auth.Screen:
		name = "deskbell-wall"
	}
	if r.TLS != nil {
		return "__Host-" + name
	}
	return name
}

// SetSession hands a browser the secret of its session; an empty one takes it away.
func SetSession(w http.ResponseWriter, r *http.Request, kind auth.ActorKind, secret string) {
	c := &http.Cookie{
		Name: CookieName(r, kind), Value: secret, Path: "/", HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteLaxMode,
		MaxAge: int((14 * 24 * time.Hour).Seconds()),
	}
	if kind == auth.Screen {
		c.MaxAge = int((400 * 24 * time.Hour).Seconds()) // no browser keeps one longer
	}
	if secret == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// Status is the HTTP status of an error.
func Status(err error) int {
	switch fault.CodeOf(err) {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Forbidden, fault.Held:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict, fault.Stale, fault.Used:
		return http.StatusConflict
	case fault.Expired:
		return http.StatusGone
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.TooMany:
		return http.StatusTooManyRequests
	case fault.Unsupported:
		return http.StatusNotImplemented
	case fault.Unavailable, fault.Unknown:
		return http.StatusServiceUnavailable
	case fault.Full:
		return http.StatusInsufficientStorage
	}
	return http.StatusInternalServerError
}

// policy allows nothing but our own files: no inline script, no style but from
// files, no frames, no other hosts. Types are trusted nowhere.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types deskbell htmx"

// ServeHTTP adds the headers that every answer has, and bounds what a request may
// bring.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
	if r.TLS != nil {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	defer func() {
		if v := recover(); v != nil {
			if v == http.ErrAbortHandler {
				panic(v)
			}
			g.log.Error("a request panicked", "method", r.Method, "path", r.URL.Path, "panic", v)
			http.Error(w, "Something went wrong on our side. It has been written to the log; try again.", http.StatusInternalServerError)
		}
	}()
	g.mux.ServeHTTP(w, r)
}

// From returns the address of the other side, for limits and logs.
func From(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// Local reports whether a request comes from this machine itself, and not
// through a proxy that runs on it.
func Local(r *http.Request) bool {
	ip := net.ParseIP(From(r))
	return ip != nil && ip.IsLoopback() && r.Header.Get("X-Forwarded-For") == "" && r.Header.Get("Forwarded") == ""
}
