/** Cuts a stream of text into lines, however long they are. */
export class Lines {
  #rest: string[] = []

  /** The lines that are whole now. */
  add(text: string): readonly string[] {
    const last = text.lastIndexOf('\n')
    if (last === -1) {
      this.#rest.push(text)
      return []
    }
    const whole = this.#rest.join('') + text.slice(0, last)
    this.#rest = [text.slice(last + 1)]
    return whole.split('\n')
  }
}
