package api

import (
	"encoding/json"
	"path"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// OrNull is a T that may be null. In an OpenAPI document that is another schema
// than a field that may be missing.
type OrNull[T any] struct{ Value *T }

// some returns an OrNull that is not null.
func some[T any](v T) OrNull[T] { return OrNull[T]{&v} }

// MarshalJSON implements json.Marshaler.
func (o OrNull[T]) MarshalJSON() ([]byte, error) { return json.Marshal(o.Value) }

// Schema implements huma.SchemaProvider.
func (OrNull[T]) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{AnyOf: []*huma.Schema{r.Schema(reflect.TypeFor[T](), true, ""), {Type: "null"}}}
}

// schemaName names a schema after its type, and after its package too when that
// is not this one: a Person of tickets is another than a Person of the staff.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Name() == "" || t.PkgPath() == "" || t.PkgPath() == reflect.TypeFor[API]().PkgPath() {
		return name
	}
	pkg := path.Base(t.PkgPath())
	return strings.ToUpper(pkg[:1]) + pkg[1:] + name
}

// config is how huma works for us: no pages and no routes of its own, JSON only,
// and our problems.
func (a *API) config() huma.Config {
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Deskbell", Version: "1",
				Description: "Tickets, endpoints and people of a Deskbell server, for programs.\n\n" +
					"Make a token with `deskbell-server token create --user EMAIL --ttl 24h` and send it as `Authorization: Bearer …`, never in an address. " +
					"Times are RFC 3339 in UTC; errors are problems as in RFC 9457; a list is `{\"items\": […], \"next_cursor\": …}` and goes on with `?cursor=`. " +
					"A token may ask 50 times a second, 200 times at once.",
			},
			Servers: []*huma.Server{{URL: "/", Description: "This server"}},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", schemaName),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"token":   {Type: "http", Scheme: "bearer", Description: "A token of somebody on the staff. It can do what they can, or less."},
					"session": {Type: "apiKey", In: "cookie", Name: "__Host-deskbell", Description: "A session of the console, from the console's own pages."},
				},
			},
		},
		Formats:       map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat: "application/json",
		Transformers:  []huma.Transformer{translate},
	}
}

// describeErrors documents that every operation may answer with a problem.
func (a *API) describeErrors(doc *huma.Operation) {
	if doc.Responses == nil {
		doc.Responses = map[string]*huma.Response{}
	}
	if doc.DefaultStatus == 0 {
		doc.DefaultStatus = 200
	}
	schema := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "")
	doc.Responses["default"] = &huma.Response{
		Description: "What went wrong",
		Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: schema}},
	}
}
