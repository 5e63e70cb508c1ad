import { ActionIcon, Checkbox } from '@mantine/core'
import './theme/inputs'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import css from './OrderedChoices.module.css'

interface Props<Value extends string> {
  label: string
  options: readonly { value: Value; label: string }[]
  /** The chosen values in their order; the others follow and can be added. */
  chosen: readonly Value[]
  /** All of them stay: only their order changes. */
  isOrderOnly?: boolean
  onChange: (chosen: Value[]) => void
}

/** Chooses some of several options, and their order. */
export function OrderedChoices<Value extends string>({ label, options, chosen, isOrderOnly, onChange }: Props<Value>) {
  const others = options.map(option => option.value).filter(value => !chosen.includes(value))
  const nameOf = (value: Value) => options.find(option => option.value === value)?.label ?? value
  function move(place: number, step: 1 | -1) {
    const next = [...chosen]
    const [value] = next.splice(place, 1)
    if (value) next.splice(place + step, 0, value)
    onChange(next)
  }
  return (
    <ul className={css.choices} aria-label={label}>
      {[...chosen, ...others].map((value, place) => (
        <li key={value} className={css.choice}>
          {isOrderOnly ? (
            <span className={css.name}>{nameOf(value)}</span>
          ) : (
            <Checkbox
              label={nameOf(value)}
              checked={place < chosen.length}
              onChange={event =>
                onChange(event.currentTarget.checked ? [...chosen, value] : chosen.filter(each => each !== value))
              }
            />
          )}
          {place < chosen.length && (
            <span className={css.moves}>
              <ActionIcon
                variant="subtle"
                aria-label={`Move ${nameOf(value)} up`}
                disabled={place === 0}
                onClick={() => move(place, -1)}
              >
                <IconArrowUp size={16} />
              </ActionIcon>
              <ActionIcon
                variant="subtle"
                aria-label={`Move ${nameOf(value)} down`}
                disabled={place === chosen.length - 1}
                onClick={() => move(place, 1)}
              >
                <IconArrowDown size={16} />
              </ActionIcon>
            </span>
          )}
        </li>
      ))}
    </ul>
  )
}
