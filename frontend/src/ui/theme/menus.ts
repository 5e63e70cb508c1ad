/** Styles of menus; imported by the lazy parts that have one. */
import '@mantine/core/styles/Popover.layer.css'
import '@mantine/core/styles/Menu.layer.css'
