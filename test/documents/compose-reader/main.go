// Prints, as JSON, what docker compose's own parser reads from an env file.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/dotenv"
)

func main() {
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	// A variable that were interpolated would show.
	values, err := dotenv.UnmarshalBytesWithLookup(text, func(string) (string, bool) { return "INTERPOLATED", true })
	if err != nil {
		panic(err)
	}
	out, _ := json.Marshal(values)
	fmt.Println(string(out))
}
