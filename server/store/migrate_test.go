package store

import "testing"

func TestUpOf(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"-- +goose Up\nCREATE TABLE a (b);\n\n-- +goose Down\nDROP TABLE a;\n", "CREATE TABLE a (b);\n"},
		{"-- +goose Up\nCREATE TABLE a (b);\n", "CREATE TABLE a (b);\n"},
	} {
		if got, err := upOf(tt.text); err != nil || got != tt.want {
			t.Errorf("%q: got %q, %v", tt.text, got, err)
		}
	}
	for _, text := range []string{
		"CREATE TABLE a (b);\n",
		"-- +goose NO TRANSACTION\n-- +goose Up\nVACUUM;\n",
		"-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n-- +goose StatementEnd\n",
		"-- +goose Up\nSELECT 1;\n-- +goose Down\n-- +goose StatementBegin\nSELECT 1;\n",
	} {
		if got, err := upOf(text); err == nil {
			t.Errorf("%q is taken as %q", text, got)
		}
	}
}
